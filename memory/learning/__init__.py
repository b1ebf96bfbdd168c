"""Drawing memories out of what was said: asked of a model in the background, checked, merged."""
