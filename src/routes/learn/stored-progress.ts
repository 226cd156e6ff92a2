import { storage } from '$lib/client/storage.ts';
import {
	emptyProgress,
	readProgress,
	writeProgress,
	type LessonProgress,
	type Progress
} from '$lib/lessons/progress.ts';

/** Progress lives on this machine only; what cannot be read any more is begun anew rather than believed. */
const KEY = 'progress';

export function loadProgress(): Progress {
	const stored = storage.read(KEY);
	if (stored === null || stored === undefined) return emptyProgress();
	const read = readProgress(typeof stored === 'string' ? stored : JSON.stringify(stored));
	return read.ok ? read.value : emptyProgress();
}

export function storeProgress(progress: Progress): boolean {
	return storage.write(KEY, JSON.parse(writeProgress(progress)));
}

export function saveProgress(lesson: string, progress: LessonProgress): void {
	const all = loadProgress();
	storeProgress({ ...all, lessons: { ...all.lessons, [lesson]: progress } });
}
