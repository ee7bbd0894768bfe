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

/** Those older names: an instance has no file for them (they are in tzdata-legacy). */
const olderNames = [
  "Africa/Asmera America/Buenos_Aires America/Catamarca America/Cordoba America/Godthab",
  "America/Indianapolis America/Jujuy America/Louisville America/Mendoza Asia/Calcutta",
  "Asia/Katmandu Asia/Rangoon Asia/Saigon Atlantic/Faeroe Europe/Kiev Pacific/Enderbury",
  "Pacific/Ponape Pacific/Truk",
].flatMap((line) => line.split(" "));

const inArea = ([area, lines]: readonly [string, readonly string[]]) =>
  lines.flatMap((line) => line.split(" ")).map((name) => (area === "" ? name : `${area}/${name}`));

const names: ReadonlySet<string> = new Set([
  ...Intl.supportedValuesOf("timeZone").filter((name) => !olderNames.includes(name)),
  ...Object.entries(currentNames).flatMap(inArea),
]);

/**
 * Whether a zone has this name. Case counts: the zones are files on an instance, and `Intl`, which
 * ignores case, would take a name for which libc falls back to UTC.
 */
export const isTimeZone = (name: string): boolean => names.has(name);
