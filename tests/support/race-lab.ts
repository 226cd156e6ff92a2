import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { raceBufferWords, RACE_PAUSE_MS, RACE_WORDS, type RaceProtocol, type RaceReport } from '$lib/engine/contract/race.ts';
import { raceHost, raceReport, recoverRacer, rejoinRace, setUpRace } from '$lib/engine/superpage/race.ts';

/** The race lab in Node: this program is the judge, and each host a thread of the same program. Prints a report for each order. */
interface Host {
	readonly buffer: SharedArrayBuffer;
	readonly host: number;
	readonly hosts: number;
	readonly incarnation: number;
	readonly naive: boolean;
	readonly pauses: boolean;
}
interface Order {
	readonly protocol: RaceProtocol;
	readonly forMs: number;
	readonly kills: number;
	/** Words of the shared buffer, when they are to be fewer than such a race needs. */
	readonly logWords?: number;
}
const HOSTS = 3;

function beHost({ buffer, host, hosts, incarnation, naive, pauses }: Host): string {
	const sleeper = new Int32Array(new SharedArrayBuffer(4));
	const pause = (): void => void (pauses && Atomics.wait(sleeper, 0, 0, RACE_PAUSE_MS));
	return raceHost(new BigInt64Array(buffer), host, { hosts, incarnation, naive, pause });
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function race({ protocol, forMs, kills, logWords }: Order): Promise<RaceReport> {
	const buffer = new SharedArrayBuffer((logWords ?? raceBufferWords(forMs)) * 8);
	const words = new BigInt64Array(buffer);
	setUpRace(words);
	const start = async (host: number, incarnation: number): Promise<Worker> => {
		const of: Host = { buffer, host, hosts: HOSTS, incarnation, naive: protocol !== 'ours', pauses: protocol === 'naive-pause' };
		const thread = new Worker(new URL(import.meta.url), { workerData: of });
		await new Promise((online) => thread.once('online', online));
		return thread;
	};
	const threads = await Promise.all(Array.from({ length: HOSTS }, (_, host) => start(host, 1)));
	for (let kill = 0; kill < kills; kill += 1) {
		await wait((Math.random() * forMs) / (kills + 1));
		const victim = Math.floor(Math.random() * HOSTS);
		await (threads[victim] as Worker).terminate();
		recoverRacer(words, victim);
		threads[victim] = await start(victim, rejoinRace(words, victim));
	}
	await wait(forMs / (kills + 1));
	Atomics.store(words, RACE_WORDS.stop, 1n);
	await Promise.all(threads.map((thread) => thread.terminate()));
	return raceReport(words);
}

if (isMainThread) {
	const reports: RaceReport[] = [];
	for (const order of JSON.parse(process.argv.at(-1) ?? '[]') as Order[]) reports.push(await race(order));
	console.log(JSON.stringify(reports));
} else parentPort?.postMessage(beHost(workerData as Host));
