import { SUPERPAGE_MODELS, type SuperpageModel, type SuperpageModelId } from '../../contract/superpage-models.ts';
import type { Model } from '../search/model.ts';
import { beatsModel } from './beats.ts';
import { fenceModel } from './fence.ts';
import { formattingModel, joiningModel } from './formatting.ts';
import { handOffModel, SOURCE, TARGET } from './hand-off.ts';
import { creatingModel, lockingModel, ringModel, splitModel } from './records.ts';

/** Every tiny world by its name, with how it is built; leaving out a condition builds its mutant. */
export interface ModelEntry extends SuperpageModel {
	readonly build: (without?: readonly string[]) => Model;
}

const BUILD: Readonly<Record<SuperpageModelId, ModelEntry['build']>> = {
	'hand-off': (without = []) => handOffModel({ without }),
	fence: (without = []) => fenceModel(without),
	'recovery-of-source': (without = []) =>
		handOffModel({ id: 'recovery-of-source', without, recover: [{ victim: SOURCE }], restart: true, crashes: 2 }),
	'recovery-of-target': (without = []) =>
		handOffModel({ id: 'recovery-of-target', without, recover: [{ victim: TARGET }], restart: true, crashes: 2 }),
	takeover: (without = []) =>
		handOffModel({
			id: 'takeover',
			without,
			given: true,
			recover: [{ victim: SOURCE }, { victim: SOURCE, takesOverFrom: 2 }],
			mayCrash: [1, 2],
			crashes: 2
		}),
	incoherent: (without = []) => handOffModel({ id: 'incoherent', without, coherent: false, crashes: 0 }),
	formatting: (without = []) => formattingModel(without),
	joining: (without = []) => joiningModel(without),
	beats: (without = []) => beatsModel(without),
	creating: (without = []) => creatingModel(without),
	locking: (without = []) => lockingModel(without),
	split: (without = []) => splitModel(without),
	ring: (without = []) => ringModel(without)
};

export const MODELS = Object.fromEntries(
	(Object.keys(BUILD) as SuperpageModelId[]).map((id) => [id, { ...SUPERPAGE_MODELS[id], build: BUILD[id] }])
) as unknown as Readonly<Record<SuperpageModelId, ModelEntry>>;
