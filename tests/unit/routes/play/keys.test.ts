import { describe, expect, test } from 'vitest';
import { actionOf, keeps, KEYS } from '../../../../src/routes/play/keys.ts';

const key = (name: string, shiftKey = false) => actionOf({ key: name, shiftKey, ctrlKey: false, metaKey: false, altKey: false });

describe('keys', () => {
	test('arrows step, with Shift by phase', () => {
		expect([key('ArrowRight'), key('ArrowLeft'), key('ArrowRight', true), key('ArrowLeft', true)]).toEqual([
			'step',
			'stepBack',
			'phase',
			'phaseBack'
		]);
	});
	test('shortcuts of the browser are left alone', () => {
		expect(actionOf({ key: 'f', shiftKey: false, ctrlKey: true, metaKey: false, altKey: false })).toBeNull();
		expect(actionOf({ key: 'ArrowLeft', shiftKey: false, ctrlKey: false, metaKey: false, altKey: true })).toBeNull();
	});
	test('help names every action at least once', () => {
		const named = KEYS.flatMap((row) => row.keys);
		for (const wanted of ['Space', '→', '←', 'Shift →', 'Home', 'End', '+', 'f', 'i', 'c', 'p', '?', 'Esc'])
			expect(named).toContain(wanted);
	});
});

describe('who keeps a key', () => {
	test('typing keeps every key', () => {
		expect(keeps('INPUT', 'text', null, 'f')).toBe(true);
		expect(keeps('TEXTAREA', '', null, '?')).toBe(true);
	});
	test('a slider of the browser keeps its arrows', () => expect(keeps('INPUT', 'range', null, 'ArrowRight')).toBe(true));
	test('a button keeps Space and gives the arrows', () => {
		expect(keeps('BUTTON', 'button', null, ' ')).toBe(true);
		expect(keeps('BUTTON', 'button', null, 'ArrowRight')).toBe(false);
	});
	test('lists and grids keep their arrows', () => {
		expect(keeps('BUTTON', 'button', 'tab', 'ArrowRight')).toBe(true);
		expect(keeps('DIV', '', 'gridcell', 'Home')).toBe(true);
		expect(keeps('DIV', '', 'slider', 'ArrowRight')).toBe(false);
	});
});
