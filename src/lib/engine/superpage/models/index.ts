import { SUPERPAGE_MODELS, type SuperpageModel, type SuperpageModelId } from '../../contract/superpage-models.ts';
import type { Model } from '../search/model.ts';
import { beatsModel } from './beats.ts';
import { capacityModel } from './capacity.ts';
import { fenceModel } from './fence.ts';
import { formattingModel, joiningModel } from './formatting.ts';
import { handOffModel, SOURCE, TARGET } from './hand-off.ts';
import { mailboxModel } from './mailbox.ts';
import { rangesModel } from './ranges.ts';
import { creatingModel, lockingModel, ringModel, splitModel } from './records.ts';

/** Every tiny world by its name, with how it is built; leaving out a condition builds its mutant. */
export interface ModelEntry extends SuperpageModel {
	readonly build: (without?: readonly string[]) => Model;
}

type Build = (without: readonly string[]) => Model;

/** With crashes of the two hosts and of what is no host. */
const recovery =
	(id: SuperpageModelId, victim: number): Build =>
	(without) =>
		handOffModel({ id, without, recover: [{ victim }], restart: true, crashes: 2 });
const failing =
	(id: SuperpageModelId, what: 'fabric manager' | 'device'): Build =>
	(without) =>
		handOffModel({ id, without, recover: [{ victim: SOURCE }], restart: true, mayCrash: [SOURCE, TARGET], crashes: 2, mayFail: [what] });

const BUILD: Readonly<Record<SuperpageModelId, Build>> = {
	'hand-off': (without) => handOffModel({ without }),
	fence: fenceModel,
	'recovery-of-source': recovery('recovery-of-source', SOURCE),
	'recovery-of-target': recovery('recovery-of-target', TARGET),
	takeover: (without) =>
		handOffModel({
			id: 'takeover',
			without,
			given: true,
			recover: [{ victim: SOURCE }, { victim: SOURCE, takesOverFrom: 2 }],
			mayCrash: [1, 2],
			crashes: 2,
			stores: false
		}),
	'no-fabric-manager': failing('no-fabric-manager', 'fabric manager'),
	'device-fails': failing('device-fails', 'device'),
	incoherent: mailboxModel,
	formatting: formattingModel,
	joining: joiningModel,
	beats: beatsModel,
	creating: creatingModel,
	ranges: rangesModel,
	capacity: capacityModel,
	locking: lockingModel,
	split: splitModel,
	ring: ringModel
};

/** Left out of any model that names it: every host works on copies in a cache that nothing keeps coherent (10.7). */
export const COHERENCE = 'coherence';

function build(id: SuperpageModelId, without: readonly string[]): Model {
	const model = BUILD[id](without);
	if (!without.includes(COHERENCE)) return model;
	const { symmetry: _, ...plain } = model;
	return { ...plain, coherent: false };
}

export const MODELS = Object.fromEntries(
	(Object.keys(BUILD) as SuperpageModelId[]).map((id) => [
		id,
		{ ...SUPERPAGE_MODELS[id], build: (without: readonly string[] = []) => build(id, without) }
	])
) as unknown as Readonly<Record<SuperpageModelId, ModelEntry>>;
