/**
 * Names of zones on an instance (Debian 13, tzdata), by area, that `Intl.supportedValuesOf` has under
 * an older name only.
 */
const currentNames = {
  Africa: ["Asmara Timbuktu"],
  America: [
    "Argentina/Buenos_Aires Argentina/Catamarca Argentina/Cordoba Argentina/Jujuy",
    "Argentina/Mendoza Atikokan Atka Ensenada Indiana/Indianapolis Kentucky/Louisville",
    "Montreal Nipigon Nuuk Pangnirtung Porto_Acre Rainy_River Santa_Isabel Shiprock",
    "Thunder_Bay Virgin Yellowknife",
  ],
  Asia: ["Chongqing Harbin Ho_Chi_Minh Istanbul Kashgar Kathmandu Kolkata Tel_Aviv Yangon"],
  Atlantic: ["Faroe Jan_Mayen"],
  Australia: ["Canberra Currie Yancowinna"],
  "": ["GMT UTC"],
  Etc: [
    "GMT GMT+0 GMT+1 GMT+10 GMT+11 GMT+12 GMT+2 GMT+3 GMT+4 GMT+5 GMT+6 GMT+7 GMT+8 GMT+9",
    "GMT-0 GMT-1 GMT-10 GMT-11 GMT-12 GMT-13 GMT-14 GMT-2 GMT-3 GMT-4 GMT-5 GMT-6 GMT-7 GMT-8",
    "GMT-9 GMT0 Greenwich UCT UTC Universal Zulu",
  ],
  Europe: ["Belfast Kyiv Nicosia Tiraspol"],
  Pacific: ["Chuuk Johnston Kanton Pohnpei Samoa Yap"],
};

/** Those older names, for which an instance has no file (they are in tzdata-legacy), by their present ones. */
const presentNames: Readonly<Record<string, string>> = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

const inArea = ([area, lines]: readonly [string, readonly string[]]) =>
  lines.flatMap((line) => line.split(" ")).map((name) => (area === "" ? name : `${area}/${name}`));

const names: ReadonlySet<string> = new Set([
  ...Intl.supportedValuesOf("timeZone").filter((name) => !(name in presentNames)),
  ...Object.entries(currentNames).flatMap(inArea),
]);

/**
 * Whether a zone has this name. Case counts: the zones are files on an instance, and `Intl`, which
 * ignores case, would take a name for which libc falls back to UTC.
 */
export const isTimeZone = (name: string): boolean => names.has(name);

/** What an instance calls a zone that is written in another case or by an older name, like "US/Eastern". */
export function presentName(name: string): string | undefined {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    const present = presentNames[timeZone] ?? timeZone;
    return isTimeZone(present) ? present : undefined;
  } catch {
    return undefined; // no zone was ever called so
  }
}
