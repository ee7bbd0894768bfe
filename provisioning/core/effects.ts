/** What the commands of this folder do outside. A test interrupts them after each call. */
export interface Effects {
  /**
   * Runs a shell command in the checkout. Its output is shown.
   *
   * @returns its exit code.
   */
  shell(command: string): Promise<number>;
  /** The output of a shell command that changes nothing. @throws Problem where it fails. */
  output(command: string): Promise<string>;
  /** The text of a file of the checkout, or undefined where there is none. */
  read(path: string): string | undefined;
  /** Asks a person a question that "yes" answers; `--yes` answers it too. */
  confirm(question: string): Promise<boolean>;
  /** Prints a line. */
  say(line: string): void;
}
