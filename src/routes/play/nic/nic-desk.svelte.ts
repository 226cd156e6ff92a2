import type { Command } from '$lib/engine/contract/commands.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';
import type { NicGuestStatus, NicStatus, VdpaStatus } from '$lib/engine/contract/vdpa/status.ts';
import { formatNs, formatNumber } from '$lib/base/format.ts';
import type { Moment } from '$lib/viz/describe/moment.ts';
import { CHANGE_TITLES } from '$lib/viz/vdpa/gap-scene.ts';
import { SaidLines } from '../kinds/said-lines.svelte.ts';
import { MessageLog } from '../machine/message-log.svelte.ts';
import type { Playground } from '../playground.svelte.ts';
import { nicEntries, type NicEntry, type Said } from './entries.ts';
import { NIC_HELP, nicLine, readNicLine } from './lines.ts';

export type NicView = 'rails' | 'rings' | 'gap' | 'packets';

/** What the page knows of a world's vDPA devices beyond the session: which view, which device and queue, its console. */
export class NicDesk {
	view: NicView = $state('rails');
	open: boolean = $state(false);
	panel: boolean = $state(false);
	/** Device by id; null: the first. */
	chosen: string | null = $state(null);
	queue: number = $state(0);
	/** Process whose device is looked at; null: the one that runs. */
	end: 0 | 1 | null = $state(null);
	echo: string | null = $state(null);
	readonly log = new MessageLog();
	readonly #play: Playground;
	readonly #said: SaidLines<Said>;
	#world = -1;

	constructor(play: Playground) {
		this.#play = play;
		this.#said = new SaidLines(play);
	}

	readonly vdpa: VdpaStatus | null = $derived.by(() => this.#play.world?.status.vdpa ?? null);
	readonly nic: NicStatus | null = $derived.by(
		() => this.vdpa?.nics.find((one) => one.id === this.chosen) ?? this.vdpa?.nics[0] ?? null
	);
	readonly guest: NicGuestStatus | null = $derived.by(
		() => this.vdpa?.guests.find((one) => one.vm === this.nic?.vm) ?? null
	);
	readonly vm = $derived.by(
		() => this.#play.world?.status.vms.find((one) => one.id === this.nic?.vm) ?? null
	);
	readonly instance: 0 | 1 = $derived.by(() => {
		const { nic } = this;
		const running = (this.vm?.runningInstance ?? 0) as 0 | 1;
		return this.end !== null && nic?.ends[this.end] ? this.end : running;
	});
	readonly migrating: boolean = $derived.by(
		() =>
			this.#play.world?.status.operations.some(
				(one) => one.vm === this.nic?.vm && one.state === 'running'
			) ?? false
	);
	readonly records: readonly TraceRecord[] = $derived.by(() => this.log.records);
	readonly entries: readonly NicEntry[] = $derived.by(() => {
		const { world, session } = this.#play;
		return world && session
			? nicEntries(world.journal, this.#said.lines, this.records, session.nowNs)
			: [];
	});
	readonly refusal: string | null = $derived.by(() => this.#said.refused((said) => said.bad));

	get history(): readonly string[] {
		return this.#said.history;
	}

	get hosts(): readonly string[] {
		return this.#play.world?.status.hosts.map((host) => host.id) ?? [];
	}

	moment(isNic: boolean): Moment | null {
		const { world } = this.#play;
		const { nic } = this;
		if (!isNic || !world || !nic) return null;
		const end = nic.ends[this.instance];
		const { traffic } = nic;
		const gap = traffic.gaps.at(-1);
		return {
			sentence: momentSentence(
				nic,
				end?.host ?? null,
				end?.svq ?? false,
				world.status.nowNs,
				world.journal.length
			),
			figures: [
				{ value: formatNumber(traffic.received + traffic.sent), words: 'packets passed' },
				{ value: formatNumber(traffic.lost + traffic.misplaced), words: 'lost or misplaced' },
				{
					value: gap ? formatNs((gap.toNs ?? world.status.nowNs) - gap.fromNs) : 'none',
					words: 'last gap'
				}
			]
		};
	}

	/** After each turn: another run forgets what was chosen. */
	async follow(): Promise<void> {
		const { world, session, active } = this.#play;
		if (!world || !session || !this.vdpa) return;
		if (world.world !== this.#world) {
			this.#world = world.world;
			this.#said.clear();
			this.chosen = null;
			this.queue = 0;
			this.end = null;
		}
		await this.log.follow(session, active, world.status.traceCount);
	}

	/** Something was done in the picture: the console shows the line that does the same. */
	async act(command: Command): Promise<boolean> {
		this.echo = nicLine(command);
		return this.#send(command, this.echo, true);
	}

	/** A word for the device that is shown. */
	async word(execute: string, given: Record<string, unknown> = {}): Promise<boolean> {
		const { nic } = this;
		return nic
			? this.act({ name: 'vdpa', vm: nic.vm, nic: nic.id, execute, arguments: given } as Command)
			: false;
	}

	async type(line: string): Promise<void> {
		const { vdpa, nic } = this;
		if (!vdpa || !nic || line.trim() === '') return;
		this.#said.typed(line);
		if (line.trim() === 'help') {
			this.#answer(line, NIC_HELP.map((one) => `${one.form}  ${one.says}\n`).join(''), false);
			return;
		}
		const read = readNicLine(line, {
			vdpa,
			hosts: this.hosts,
			nic: nic.id,
			vm: nic.vm,
			host: this.vm?.runsOn ?? null
		});
		if (!read.ok) {
			this.#answer(line, `${read.says}\n`, true);
			return;
		}
		await this.#send(read.command, line, false);
	}

	clear(): void {
		this.#said.clear();
	}

	#answer(line: string, text: string, bad: boolean): void {
		this.#said.say({ line, text, bad, isAction: false, refused: null });
	}

	#send(command: Command, line: string, isAction: boolean): Promise<boolean> {
		return this.#said.send(command, isAction, (detail) => ({
			line,
			text: `Error: ${detail}\n`,
			bad: true,
			isAction,
			refused: nicLine(command)
		}));
	}
}

function momentSentence(
	nic: NicStatus,
	host: string | null,
	svq: boolean,
	nowNs: number,
	waiting: number
): string {
	if (nowNs === 0 && waiting > 0)
		return `Nothing has happened yet: press Play, ${waiting} ${waiting === 1 ? 'command waits' : 'commands wait'}`;
	if (nic.broken !== null) return `${nic.id} stands still for good: ${nic.broken}`;
	if (nic.change)
		return `${nic.id} on ${nic.change.host}: ${CHANGE_TITLES[nic.change.kind]}, ${nic.change.steps[Math.min(nic.change.at, nic.change.steps.length - 1)]?.label ?? ''}`;
	if (nic.wrongMaps.length > 0) return `A wrong map: ${nic.wrongMaps[0]?.text ?? ''}`;
	return svq
		? `${nic.id} on ${host ?? '?'} works through shadow queues of QEMU`
		: `${nic.id} on ${host ?? '?'} works on the guest’s own rings`;
}
