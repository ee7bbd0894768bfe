/** Whether a start or stop of the unit waits in systemd's queue, or is under way. */
export const hasJob = ({ Job = "" }: Readonly<Record<string, string>>): boolean =>
  Job !== "0" && Job !== "";
