/** Words about the connection over which a migration by copy goes. */
export const STREAM_WORDS = {
	'break-stream': 'the network between the two hosts of this migration fails: {vm}',
	'mend-stream': 'that network works again: {vm}',
	'recover-stream': 'a paused post-copy is taken up over a new connection: {vm}'
} as const;
