import { error } from '@sveltejs/kit';
import { labById, LABS } from '$lib/lessons/lab/load.ts';
import { findLesson, LESSONS } from '$lib/lessons/load.ts';
import type { EntryGenerator, PageLoad } from './$types';

/** Every lesson is a page of its own at build time. */
export const entries: EntryGenerator = () =>
	[...LESSONS, ...LABS].map((lesson) => ({ lesson: lesson.id }));

export const load: PageLoad = ({ params }) => {
	const lesson = findLesson(params.lesson);
	const lab = labById(params.lesson);
	if (lesson === null && lab === null) error(404, 'There is no such lesson.');
	return { bar: 'own', lesson, lab };
};
