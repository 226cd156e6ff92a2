/** Before the run a placed bet is only taken back; after it, one bets anew. */
export const betAgainLabel = (notRun: string | null): string =>
	notRun === null ? 'Bet again' : 'Take it back';
