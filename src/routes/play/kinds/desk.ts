/** What a console needs of the page's knowledge of a world. */
export interface ConsoleDesk {
	/** Lines that were typed, oldest first. */
	readonly history: readonly string[];
	/** Answered at once, or sent. */
	type(line: string): Promise<void>;
	/** Forgets what was only said. */
	clear(): void;
	/** Ends what was called last and still runs. */
	interrupt?(): Promise<void>;
}

/** A desk whose console is a drawer below the stage; what is done in the picture is echoed there as a line. */
export interface StageDesk {
	open: boolean;
	/** The line of the picture's last action; null: none is shown. */
	echo: string | null;
	/** What was said against it. */
	readonly refusal: string | null;
}
