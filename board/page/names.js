/**
 * `#12` of `web-12-abc1234`.
 *
 * @param {string} release
 */
export const sequence = (release) => `#${release.split("-").at(-2)}`;
