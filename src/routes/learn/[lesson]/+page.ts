import { error } from '@sveltejs/kit';
import { findLesson, LESSONS } from '$lib/lessons/load.ts';
import type { EntryGenerator, PageLoad } from './$types';

/** Every lesson is a page of its own at build time. */
export const entries: EntryGenerator = () => LESSONS.map((lesson) => ({ lesson: lesson.id }));

export const load: PageLoad = ({ params }) => {
	const lesson = findLesson(params.lesson);
	if (lesson === null) error(404, 'There is no such lesson.');
	return { bar: 'own', lesson };
};
