// Types of SvelteKit's own objects; see https://svelte.dev/docs/kit/types#app
declare global {
	namespace App {
		// interface Error {}
		// interface PageState {}
	}
}

export {};
