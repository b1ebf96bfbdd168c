"""The look of the admin pages."""

UNFOLD = {
    "SITE_TITLE": "VALIS",
    "SITE_HEADER": "VALIS",
    "SITE_URL": "/",
    "SITE_SYMBOL": "forum",
    "SHOW_HISTORY": True,
    # The pages' accent (static/css/tokens.css) in the shades the theme asks for.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .012 190)",
            "100": "oklch(93% .03 190)",
            "200": "oklch(87% .05 190)",
            "300": "oklch(79% .075 190)",
            "400": "oklch(68% .09 190)",
            "500": "oklch(56% .09 190)",
            "600": "oklch(47% .08 190)",
            "700": "oklch(41% .07 190)",
            "800": "oklch(35% .06 190)",
            "900": "oklch(30% .05 190)",
            "950": "oklch(21% .035 190)",
        },
    },
}
