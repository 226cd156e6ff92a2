/** Every page is written at build time: the site needs no server of its own. */
export const prerender = true;

/**
 * `/play/` is the file `play/index.html`, which every static host finds, with or without a base
 * path; `/play` as `play.html` is found by some hosts only.
 */
export const trailingSlash = 'always';
