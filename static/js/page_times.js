/** Pages of lists and values: times in the reader's own zone, also in what is fetched anew. */

import { keepTimesFresh } from "./times.js";

keepTimesFresh();
