import type { CronNews } from "../protocol/cron-news.ts";
import { layout, type SlackMessage } from "./layout.ts";
import { code, plain } from "./text.ts";

const states = {
  failed: { icon: "x", word: "failed" },
  "left out": { icon: "warning", word: "a time was left out" },
  "runs again": { icon: "white_check_mark", word: "runs again" },
} as const;

/** The message about a scheduled command that failed, was left out or runs again. */
export function cronMessage(news: CronNews, cluster: string): SlackMessage {
  const { service, name, what, scheduledFor, instance, release, why } = news;
  const { icon, word } = states[what];
  return layout({
    icon,
    title: `${name} of ${service} on ${cluster}: ${word}`,
    about: [
      plain(`scheduled for ${scheduledFor}`, 80),
      plain(instance === undefined ? "" : `on ${instance}`, 80),
      plain(release ?? "", 100),
    ],
    faults: why === undefined ? [] : [code(why, 800)],
    notes: [
      code(`shoestring cron ${service} --cluster ${cluster}`, 200),
      what === "runs again" ? "" : "told once a day while it lasts",
    ],
  });
}
