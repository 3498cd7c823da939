// src/data.ts
var e = {
	f4: Float32Array,
	f8: Float64Array,
	i4: Int32Array
};
async function t(e) {
	let t = new Uint8Array(e);
	if (t[0] === 31 && t[1] === 139) {
		let e = new Response(new Blob([t]).stream().pipeThrough(new DecompressionStream("gzip")));
		t = new Uint8Array(await e.arrayBuffer());
	}
	if (String.fromCharCode(...t.subarray(0, 4)) !== "PKSX") throw Error("this is no space of peakscape");
	let r = new DataView(t.buffer).getUint32(4, !0), i = Math.ceil((8 + r) / 8) * 8;
	return n(JSON.parse(new TextDecoder().decode(t.subarray(8, 8 + r))), t.buffer, i);
}
function n(t, i, a) {
	if (Array.isArray(t)) return t.map((e) => n(e, i, a));
	if (typeof t != "object" || !t) return t;
	if (!("$" in t)) return Object.fromEntries(Object.entries(t).map(([e, t]) => [e, n(t, i, a)]));
	let [o, s, c] = t.$, l = c.reduce((e, t) => e * t, 1), u = s === "z2" ? r(new Uint8Array(i, a + o, 2 * l), c[0], c[1]) : new e[s](i, a + o, l);
	if (c.length === 1) return u;
	if (c.length > 2) return {
		data: u,
		shape: c
	};
	let d = {
		rows: c[0],
		columns: c[1],
		data: u
	};
	return "scale" in t && (d.scale = n(t.scale, i, a), d.offset = n(t.offset, i, a)), d;
}
function r(e, t, n) {
	let r = new Uint16Array(t * n), i = t * n;
	for (let a = 0; a < t; a++) {
		let t = 0, o = 0, s = 0;
		for (let c = a * n; c < (a + 1) * n; c++) {
			let n = e[c] | e[i + c] << 8;
			t += n >> 1 ^ -(n & 1), o += t, s += o, t &= 65535, o &= 65535, s &= 65535, r[c] = s;
		}
	}
	return r;
}
function i(e, t) {
	let n = e.data.subarray(t * e.columns, (t + 1) * e.columns);
	if (!e.scale) return n instanceof Float32Array || n instanceof Float64Array ? n : Float64Array.from(n);
	let r = e.scale[t], i = e.offset[t], a = new Float64Array(e.columns);
	for (let e = 0; e < a.length; e++) a[e] = n[e] * r + i;
	return a;
}
var a = (e, t, n) => e.data[t * e.columns + n];
function o(e) {
	if (!e.scale) return e;
	let t = new Float32Array(e.rows * e.columns);
	for (let n = 0; n < e.rows; n++) t.set(i(e, n), n * e.columns);
	return {
		rows: e.rows,
		columns: e.columns,
		data: t
	};
}
// src/decode.wat
var s = "AGFzbQEAAAABCgFgBn9/f39/fwADAwIAAAUDAQABBxkDBm1lbW9yeQIAA21peAAABm1pZGRsZQABCrwGArcEAgN/DXsDQP0MAAAAAAAAAAAAAAAAAAAAACEM/QwAAAAAAAAAAAAAAAAAAAAAIQ39DAAAAAAAAAAAAAAAAAAAAAAhDv0MAAAAAAAAAAAAAAAAAAAAACEP/QwAAAAAAAAAAAAAAAAAAAAAIRD9DAAAAAAAAAAAAAAAAAAAAAAhEf0MAAAAAAAAAAAAAAAAAAAAACES/QwAAAAAAAAAAAAAAAAAAAAAIRP9DAAAAAAAAAAAAAAAAAAAAAAhFP0MAAAAAAAAAAAAAAAAAAAAACEVIAEhByADIQYDQCAA/QAEACEKIAD9AAQQIQsgB/0JAgAhCSAMIAkgCv3mAf3kASEMIBEgCSAL/eYB/eQBIREgB/0JAgQhCSANIAkgCv3mAf3kASENIBIgCSAL/eYB/eQBIRIgB/0JAgghCSAOIAkgCv3mAf3kASEOIBMgCSAL/eYB/eQBIRMgB/0JAgwhCSAPIAkgCv3mAf3kASEPIBQgCSAL/eYB/eQBIRQgB/0JAhAhCSAQIAkgCv3mAf3kASEQIBUgCSAL/eYB/eQBIRUgAEEgaiEAIAdBFGohByAGQQFrIgYNAAsgAiEIIAggDP0LBAAgCCAR/QsEECAIIAVqIQggCCAN/QsEACAIIBL9CwQQIAggBWohCCAIIA79CwQAIAggE/0LBBAgCCAFaiEIIAggD/0LBAAgCCAU/QsEECAIIAVqIQggCCAQ/QsEACAIIBX9CwQQIAJBIGohAiAEQQFrIgQNAAsLgAICBH8CewNAIAAhCCAEIQkgASEHA0AgCSAI/QAEAP0LBAAgCCACaiEIIAlBEGohCSAHQQFrIgcNAAtBACEGA0AgBkEBcSEHIAQgB0EEdGohCAJAA0AgB0EBaiABTg0BIAj9AAQAIQogCP0ABBAhCyAIIAogC/3qAf0LBAAgCCAKIAv96wH9CwQQIAhBIGohCCAHQQJqIQcMAAsLIAZBAWoiBiABSA0ACyAEIAFBAXZBBHRqIQkgCf0ABAAhCiABQQFxRQRAIAogCUEQa/0ABAD95AFDAAAAP/0T/eYBIQoLIAUgCv0LBAAgBUEQaiEFIABBEGohACADQQFrIgMNAAsL", c = 8, l = 5, u = 2 ** 28, d;
function f() {
	if (d === void 0) try {
		d = new WebAssembly.Module(Uint8Array.from(atob(s), (e) => e.charCodeAt(0)));
	} catch {
		d = null;
	}
	return d;
}
var p = class e {
	run;
	rows;
	blocks;
	groups;
	at;
	spans;
	constructor(e, t, n, r, i) {
		this.run = e, this.rows = t, this.blocks = n, this.groups = r, this.at = i, this.spans = new Float32Array(e.memory.buffer, i.spans, r * l * t);
	}
	static of(t, n) {
		let { rows: r, columns: i } = t, a = r > 0 && n > 0 ? f() : null, o = Math.ceil(i / c), s = Math.ceil(n / l), d = 32 * o, p = r * d, m = p + 16 * Math.ceil(4 * s * l * r / 16), h = m + s * l * d, g = h + d, _ = g + 16 * s * l;
		if (!a || _ > u) return null;
		try {
			let n = new WebAssembly.Instance(a).exports;
			n.memory.grow(Math.ceil(_ / 65536));
			let l = new Float32Array(n.memory.buffer, 0, r * c * o);
			for (let e = 0; e < r; e++) for (let n = 0; n < i; n++) l[(Math.floor(n / c) * r + e) * c + n % c] = t.data[e * i + n];
			return new e(n, r, o, s, {
				spans: p,
				curves: m,
				middle: h,
				scratch: g,
				stride: d
			});
		} catch {
			return null;
		}
	}
	mix(e, t, n) {
		let { run: r, rows: i, at: a } = this, o = Math.floor(t / c), s = Math.min(Math.ceil(n / c), this.blocks), u = 32 * o;
		e.forEach((e, t) => {
			for (let n = 0; n < i; n++) this.spans[(Math.floor(t / l) * i + n) * l + t % l] = e[n];
		});
		for (let e = 0; e < this.groups; e++) r.mix(o * i * c * 4, a.spans + 4 * e * l * i, a.curves + e * l * a.stride + u, i, s - o, a.stride);
		r.middle(a.curves + u, e.length, a.stride, 2 * (s - o), a.scratch, a.middle + u);
		let d = (e) => new Float32Array(r.memory.buffer, e + 4 * t, n - t);
		return {
			curves: e.map((e, t) => d(a.curves + t * a.stride)),
			middle: d(a.middle)
		};
	}
}, m = 100;
function h(e, t, n, r) {
	let i = new Float64Array(n.rows);
	for (let o = 0; o < i.length; o++) {
		let s = a(n, o, 0), c = a(n, o, 1);
		i[o] = Math.exp(-((e - s) ** 2 + (t - c) ** 2) / (2 * r * r)) + m * (1 + e * s + t * c);
	}
	return i;
}
function g(e, t, n, r) {
	let i = new Float64Array(r - n), { data: a, columns: o } = t;
	for (let t = 0; t < e.length; t++) {
		let r = e[t];
		if (r === 0) continue;
		let s = t * o + n;
		for (let e = 0; e < i.length; e++) i[e] += r * a[s + e];
	}
	return i;
}
function _(e, t) {
	let n = t;
	if (e.weights.forEach((t, r) => {
		let i = g(n, t, 0, t.columns), a = e.biases[r], o = r === e.weights.length - 1;
		for (let e = 0; e < i.length; e++) i[e] += a[e], !o && i[e] < 0 && (i[e] = 0);
		n = i;
	}), e.linear) {
		let r = g(t, e.linear, 0, e.linear.columns);
		for (let e = 0; e < n.length; e++) n[e] += r[e];
	}
	return n;
}
function v(e) {
	if (e.length === 1) return e[0];
	let t = e.length, n = t >> 1, r = new Float64Array(e[0].length), i = new Float64Array(t);
	for (let a = 0; a < r.length; a++) {
		for (let n = 0; n < t; n++) {
			let t = e[n][a], r = n;
			for (; r > 0 && i[r - 1] > t;) i[r] = i[r - 1], r--;
			i[r] = t;
		}
		r[a] = t % 2 ? i[n] : (i[n - 1] + i[n]) / 2;
	}
	return r;
}
var y = class {
	told;
	decodes;
	encodes;
	get fast() {
		return this.kernel !== null;
	}
	basis = null;
	sight = null;
	table = null;
	kernel = null;
	constructor(e, t = !1) {
		this.told = e, this.decodes = e.kind !== "none", this.encodes = e.kind === "span" && e.encodes, e.kind === "span" && (this.basis = o(e.basis), this.sight = e.sight ? o(e.sight) : this.basis, this.kernel = t ? null : p.of(this.basis, Math.max(e.members.length, 1))), e.kind === "shift" && (this.table = o(e.table));
	}
	decode(e, t, n, r) {
		let { told: i } = this;
		if (i.kind === "none") return null;
		if (i.kind === "shift") return {
			curve: this.decodeShifted(e, t, n, r),
			differ: null
		};
		if (this.kernel) return this.decodeFast(i, e, t, n, r);
		let a = this.spans(e, t).map((e) => {
			let t = g(e, this.basis, n, r);
			for (let e = 0; e < t.length; e++) t[e] = (t[e] + i.mean[n + e]) * i.scale;
			return t;
		}), o = v(a);
		return {
			curve: o,
			differ: a.length > 1 ? ee(a, o) : null
		};
	}
	decodeFast(e, t, n, r, i) {
		let { curves: a, middle: o } = this.kernel.mix(this.spans(t, n), r, i), s = new Float64Array(i - r), c = 0, l = 0;
		for (let e of a) for (let t = 0; t < s.length; t++) {
			let n = e[t] - o[t];
			c += n * n;
		}
		for (let t = 0; t < s.length; t++) {
			let n = o[t] + e.mean[r + t];
			l += n * n, s[t] = n * e.scale;
		}
		return {
			curve: s,
			differ: a.length > 1 ? l > 0 ? Math.sqrt(c / a.length / l) : 0 : null
		};
	}
	spans(e, t) {
		let n = this.told;
		if (n.mixing) {
			let { points: r, table: i, length: a, size: o } = n.mixing;
			return [g(h(e / o, t / o, r, a), i, 0, i.columns)];
		}
		return n.members.length ? n.members.map((n) => {
			let r = g(Float64Array.of(e - n.shift[0], t - n.shift[1]), n.back, 0, 2);
			return _(n.decoder, r);
		}) : [Float64Array.of(e, t)];
	}
	decodeShifted(e, t, n, r) {
		let i = this.told, a = i.axis.length, o = i.axis, s = -(e * i.spread[0] + i.center[0]), c = te(o), l = Math.max(0, Math.floor(c(o[n] + s)) - 2), u = Math.min(a, Math.ceil(c(o[r - 1] + s)) + 4), d = g(h(e, t, i.points, i.length), this.table, l, Math.max(u, l + 1));
		for (let e = 0; e < d.length; e++) d[e] += i.mean[l + e];
		let f = new Float64Array(r - n), p = (e) => d[Math.min(Math.max(e, 0), a - 1) - l] ?? d[e < l ? 0 : d.length - 1];
		for (let e = n; e < r; e++) {
			let t = c(o[e] + s), r = Math.min(Math.max(Math.floor(t), 0), Math.max(a - 2, 0)), i = t - r;
			f[e - n] = p(r - 1) * (((-.5 * i + 1) * i - .5) * i) + p(r) * ((1.5 * i - 2.5) * i * i + 1) + p(r + 1) * (((-1.5 * i + 2) * i + .5) * i) + p(r + 2) * ((.5 * i - .5) * i * i);
		}
		return f;
	}
	encode(e) {
		let t = this.told, n = this.sight, r = new Float64Array(n.rows);
		for (let i = 0; i < r.length; i++) {
			let a = 0, o = i * n.columns;
			for (let r = 0; r < n.columns; r++) a += (e[r] / t.scale - t.mean[r]) * n.data[o + r];
			r[i] = a;
		}
		return t.members.length ? t.members.map((e) => {
			let t = g(_(e.encoder, r).map(Math.tanh), e.align, 0, 2);
			return [t[0] + e.shift[0], t[1] + e.shift[1]];
		}) : [[r[0], r[1]]];
	}
};
function ee(e, t) {
	let n = 0, r = 0;
	for (let r of e) for (let e = 0; e < r.length; e++) n += (r[e] - t[e]) ** 2;
	for (let e of t) r += e * e;
	return r > 0 ? Math.sqrt(n / e.length / r) : 0;
}
function te(e) {
	let t = 0, n = e.length - 1;
	return (r) => {
		if (r <= e[0]) return 0;
		if (r >= e[n]) return n;
		for (; t > 0 && e[t] > r;) t--;
		for (; t < n - 1 && e[t + 1] < r;) t++;
		return t + (r - e[t]) / (e[t + 1] - e[t]);
	};
}
var b = (e) => {
	let t = [...e].sort((e, t) => e - t), n = t.length >> 1;
	return t.length % 2 ? t[n] : (t[n - 1] + t[n]) / 2;
};
function x(e, t, n) {
	if (!e.reads && !e.painted) {
		let t = e.columns.map(() => NaN);
		return {
			value: t,
			lower: t,
			upper: t,
			exact: !0
		};
	}
	let r = re(e, e.reads ? ie(e, t, n) : ae(e, t, n)), i = 1 + Math.max(e.reads ? oe(e, t, n) : 0, ce(e, r));
	return {
		value: r,
		exact: e.reads !== null,
		lower: r.map((t, n) => ne(e, t - e.half[n] * i)),
		upper: r.map((t, n) => ne(e, t + e.half[n] * i))
	};
}
var ne = (e, t) => e.bounds && Number.isFinite(t) ? Math.min(Math.max(t, e.bounds[0] ?? -Infinity), e.bounds[1] ?? Infinity) : t;
function re(e, t) {
	if (e.total === null) return t.map((t) => ne(e, t));
	let n = [...t].sort((e, t) => t - e), r = 0, i = 0;
	return n.forEach((t, n) => {
		r += t;
		let a = (r - e.total) / (n + 1);
		t > a && (i = a);
	}), t.map((e) => Math.max(e - i, 0));
}
function ie(e, t, n) {
	let r = e.reads.members.map((e) => {
		let r = g(h((t - e.center[0]) / e.scale[0], (n - e.center[1]) / e.scale[1], e.points, e.length), e.table, 0, e.table.columns);
		return Array.from(r, (t, n) => t * e.deviation[n] + e.mean[n]);
	});
	return e.columns.map((e, t) => b(r.map((e) => e[t])));
}
function ae(e, t, n) {
	let { axis_0: r, axis_1: i, values: a } = e.painted, o = r.length, s = (e, t) => Math.min(Math.max((t - e[0]) / (e[o - 1] - e[0]) * (o - 1), 0), o - 1.001), c = s(r, t), l = s(i, n), u = Math.floor(l), d = Math.floor(c);
	return e.columns.map((e, t) => {
		let n = (e, n) => a.data[t * o * o + e * o + n], r = n(u, d) * (1 - c + d) + n(u, d + 1) * (c - d), i = n(u + 1, d) * (1 - c + d) + n(u + 1, d + 1) * (c - d);
		return r * (1 - l + u) + i * (l - u);
	});
}
function oe(e, t, n) {
	let r = e.reads, i = r.known.shape[1];
	return b(r.members.map((e, a) => {
		if (se(e.hull, t, n)) return 0;
		let o = Infinity;
		for (let e = 0; e < i; e++) {
			let s = 2 * (a * i + e);
			o = Math.min(o, Math.hypot(r.known.data[s] - t, r.known.data[s + 1] - n));
		}
		return Math.max(o / Math.max(r.steps[a], Number.MIN_VALUE) - 1, 0);
	}));
}
function se(e, t, n) {
	if (e.rows < 3) return !1;
	for (let r = 0; r < e.rows; r++) {
		let i = (r + 1) % e.rows, o = a(e, i, 0) - a(e, r, 0), s = a(e, i, 1) - a(e, r, 1);
		if (o * (n - a(e, r, 1)) - s * (t - a(e, r, 0)) < -1e-12 * (Math.abs(o) + Math.abs(s))) return !1;
	}
	return !0;
}
function ce(e, t) {
	let n = 0;
	return e.columns.forEach((r, i) => {
		let { low: a, high: o, count: s } = S(e, i);
		if (s < 2 || o <= a) return;
		let c = (o - a) / (s - 1);
		n = Math.max(n, Math.max(a - t[i], t[i] - o, 0) / c);
	}), n;
}
var le = 5e3, ue = /* @__PURE__ */ new WeakMap();
function S(e, t) {
	let n = ue.get(e);
	return n || (n = e.columns.map((t, n) => {
		let r = /* @__PURE__ */ new Set(), i = Infinity, o = -Infinity;
		for (let t = 0; t < e.values.rows; t++) {
			let s = a(e.values, t, n);
			s < i && (i = s), s > o && (o = s), r.size < le && r.add(Math.round(s * 1e6) / 1e6);
		}
		return {
			low: i,
			high: o,
			count: r.size
		};
	}), ue.set(e, n)), n[t];
}
function de(e, t, n) {
	let r = 0, i = Infinity;
	for (let o = 0; o < e.points.rows; o++) {
		let s = Math.hypot(a(e.points, o, 0) - t, a(e.points, o, 1) - n);
		s < i && (i = s, r = o);
	}
	return {
		number: r,
		spacings: i / e.spacing
	};
}
function fe(e, t) {
	let n = e.map((e, n) => Math.hypot(t[n][0] - e[0], t[n][1] - e[1])), r = n.reduce((e, t) => e + t, 0) / n.length, i = n.length > 1 ? Math.sqrt(n.reduce((e, t) => e + (t - r) ** 2, 0) / (n.length - 1)) : null, a = (e) => [b(e.map((e) => e[0])), b(e.map((e) => e[1]))];
	return {
		whole: a(e),
		masked: a(t),
		members: t,
		by: r,
		error: i === null ? null : i / Math.sqrt(n.length)
	};
}
function pe(e, t, n) {
	let r = Float64Array.from(i(e.spectra, t));
	for (let [e, t] of n) r.fill(0, e, t);
	return r;
}
// src/colour.ts
var me = [
	[
		68,
		1,
		84
	],
	[
		71,
		44,
		122
	],
	[
		59,
		81,
		139
	],
	[
		44,
		113,
		142
	],
	[
		33,
		144,
		141
	],
	[
		39,
		173,
		129
	],
	[
		92,
		200,
		99
	],
	[
		170,
		220,
		50
	],
	[
		253,
		231,
		37
	]
], he = [
	"#0072b2",
	"#e69f00",
	"#009e73",
	"#d55e00",
	"#56b4e9",
	"#cc79a7",
	"#7a5c00",
	"#f0e442"
];
function C(e, t) {
	let n = Math.min(Math.max(Number.isFinite(e) ? e : 0, 0), 1), r = (t ? .12 + .88 * n : n) * 8, i = Math.min(Math.floor(r), 7), a = r - i;
	return [
		0,
		1,
		2
	].map((e) => Math.round(me[i][e] * (1 - a) + me[i + 1][e] * a));
}
var w = ([e, t, n], r = 1) => r === 1 ? `rgb(${e},${t},${n})` : `rgba(${e},${t},${n},${r})`, ge = (e) => [
	1,
	3,
	5
].map((t) => parseInt(e.slice(t, t + 2), 16));
function _e(e) {
	let t = [];
	return e.labels.forEach((e, n) => e.columns.forEach((r, i) => {
		S(e, i).count > 1 && t.push({
			key: `label:${n}:${i}`,
			title: e.kind === "fraction" ? `fraction of ${r}` : e.name === "composition" ? `${r} per formula unit` : r
		});
	})), e.classes.forEach((e, n) => t.push({
		key: `class:${n}`,
		title: e.name
	})), e.groups && t.push({
		key: "groups",
		title: "group by place"
	}), t.push({
		key: "nearest",
		title: "unlike its nearest"
	}), t.push({
		key: "none",
		title: "one colour"
	}), t;
}
function ve(e) {
	let t = "", n = 0;
	return e.labels.forEach((e, r) => e.columns.forEach((i, a) => {
		let { count: o, low: s, high: c } = S(e, a), l = o * 1e3 + (c - s);
		o > 1 && l >= n && (t === "" || t.startsWith(`label:${r}:`)) && (n = l, t = `label:${r}:${a}`);
	})), !t && e.classes.length ? "class:0" : t || (e.groups ? "groups" : "nearest");
}
function ye(e, t, n) {
	let r = e.names.length, i = _e(e).find((e) => e.key === t)?.title ?? "", [o, s, c] = t.split(":");
	if (o === "label") {
		let o = e.labels[+s], l = +c;
		return {
			...Se(t, i, Array.from({ length: r }, (e, t) => a(o.values, t, l)), n),
			paint: o.painted ? {
				label: +s,
				column: l
			} : null
		};
	}
	if (o === "class") return Ce(t, i, e.classes[+s].values);
	if (o === "groups" && e.groups) return Ce(t, i, Array.from(e.groups, (e) => `group ${e + 1}`));
	if (o === "nearest") return Se(t, i, Array.from(e.nearest.distance), n);
	let l = n ? [
		140,
		170,
		210
	] : [
		40,
		90,
		150
	];
	return {
		key: t,
		title: i,
		of: Array(r).fill(l),
		shapes: Array(r).fill(0),
		entry: Array(r).fill(0),
		legend: [],
		range: null,
		values: null,
		paint: null
	};
}
var be = 12, xe = 4096;
function Se(e, t, n, r) {
	let i = Infinity, a = -Infinity;
	for (let e of n) e < i && (i = e), e > a && (a = e);
	let o = (e) => a > i ? (e - i) / (a - i) : .5, s = /* @__PURE__ */ new Set();
	for (let e of n) if (s.add(Math.round(e * 1e6) / 1e6), s.size > be) break;
	let c = [...s].sort((e, t) => e - t), l = c.length <= be, u = new Map(c.map((e, t) => [e, t])), d = l ? c : Array.from({ length: 6 }, (e, t) => i + (a - i) * t / 6), f = n.map((e) => l ? u.get(Math.round(e * 1e6) / 1e6) ?? 0 : Math.min(5, Math.floor(o(e) * 6))), p = we(l && c.length > 1 ? Math.min(...c.slice(1).map((e, t) => e - c[t])) : (a - i) / 6), m = Array(d.length).fill(0), h = [];
	for (let e of f) m[e]++;
	let g = (e) => {
		if (n.length < xe) return C(o(e), r);
		let t = Math.round(o(e) * 4095) || 0;
		return h[t] ??= C(t / 4095, r);
	}, _ = d.map((e, t) => ({
		text: l ? T(e, p) : `${T(e, p)} to ${T(e + (a - i) / 6, p)}`,
		count: m[t],
		colour: C(l ? o(e) : (t + .5) / 6, r),
		shape: 0
	}));
	return {
		key: e,
		title: t,
		of: n.map(g),
		shapes: n.map(() => 0),
		entry: f,
		legend: _,
		range: [i, a],
		values: n,
		paint: null
	};
}
function Ce(e, t, n) {
	let r = /* @__PURE__ */ new Map();
	for (let e of n) r.set(e, (r.get(e) ?? 0) + 1);
	let i = [...r.keys()].sort((e, t) => e.localeCompare(t, "en", { numeric: !0 })), a = i.map((e, t) => ({
		text: e,
		count: r.get(e),
		shape: Math.floor(t / 8) % 3,
		colour: t < 24 ? ge(he[t % 8]) : [
			128,
			128,
			128
		]
	})), o = n.map((e) => i.indexOf(e));
	return {
		key: e,
		title: t,
		of: o.map((e) => a[e].colour),
		shapes: o.map((e) => a[e].shape),
		entry: o,
		legend: a,
		range: null,
		values: null,
		paint: null
	};
}
var we = (e) => e > 0 && Number.isFinite(e) ? Math.min(6, Math.max(0, Math.ceil(-Math.log10(e) - 1e-9))) : 2;
function T(e, t) {
	let n = e.toFixed(t);
	return (Number(n) === 0 ? 0 .toFixed(t) : n).replace("-", "−");
}
function Te(e, t, n) {
	if (!Number.isFinite(t) || !Number.isFinite(n)) return {
		value: T(e, 2),
		range: "no honest interval"
	};
	let r = (n - t) / 2, i = we(r > 0 ? r / 3 : .01), a = Math.abs(n + t - 2 * e) < .05 * r;
	return r < .5 * 10 ** -i ? {
		value: T(e, i),
		range: `within ${T(10 ** -i, i)}`
	} : {
		value: T(e, i),
		range: a ? `\u00b1 ${T(r, i)}` : `${T(t, i)} to ${T(n, i)}`
	};
}
var E = 256, Ee = 768, De = class {
	space;
	box;
	start = /* @__PURE__ */ new Int32Array(65537);
	order;
	xy;
	steps;
	picture = null;
	packed = null;
	constructor(e) {
		this.space = e;
		let t = e.points.rows, n = [
			Infinity,
			Infinity,
			-Infinity,
			-Infinity
		];
		this.xy = Float32Array.from(e.points.data);
		for (let e = 0; e < t; e++) {
			let t = this.xy[2 * e], r = this.xy[2 * e + 1];
			t < n[0] && (n[0] = t), t > n[2] && (n[2] = t), r < n[1] && (n[1] = r), r > n[3] && (n[3] = r);
		}
		this.box = n, this.steps = [Math.max(n[2] - n[0], 1e-12) / E, Math.max(n[3] - n[1], 1e-12) / E];
		let r = new Int32Array(t);
		for (let e = 0; e < t; e++) r[e] = this.cell(this.xy[2 * e], this.xy[2 * e + 1]), this.start[r[e] + 1]++;
		for (let e = 0; e < E * E; e++) this.start[e + 1] += this.start[e];
		this.order = new Int32Array(t);
		let i = this.start.slice();
		for (let e = 0; e < t; e++) this.order[i[r[e]]++] = e;
	}
	column = (e) => Math.min(255, Math.max(0, Math.floor((e - this.box[0]) / this.steps[0])));
	line = (e) => Math.min(255, Math.max(0, Math.floor((e - this.box[1]) / this.steps[1])));
	cell(e, t) {
		return this.line(t) * E + this.column(e);
	}
	runs(e, t, n, r, i) {
		if (!(n < this.box[0] || e > this.box[2] || r < this.box[1] || t > this.box[3])) for (let a = this.line(t); a <= this.line(r); a++) i(this.start[a * E + this.column(e)], this.start[a * E + this.column(n) + 1]);
	}
	count(e, t, n, r) {
		let i = 0;
		return this.runs(e, t, n, r, (e, t) => {
			i += t - e;
		}), i;
	}
	near(e, t, n, r) {
		let i = null, a = n;
		return this.runs(e - n, t - n, e + n, t + n, (n, o) => {
			for (let s = n; s < o; s++) {
				let n = this.order[s], o = Math.hypot(this.xy[2 * n] - e, this.xy[2 * n + 1] - t);
				o < a && r(n) && (a = o, i = n);
			}
		}), i;
	}
	colours(e, t) {
		if (this.packed?.of !== e || this.packed.dark !== t) {
			let n = new Uint32Array(e.of.length);
			e.of.forEach(([e, t, r], i) => {
				n[i] = (255 << 24 | r << 16 | t << 8 | e) >>> 0;
			}), this.packed = {
				of: e,
				dark: t,
				faint: !1,
				colours: n
			};
		}
		return this.packed.colours;
	}
	layer = null;
	draw(e, t, n, r, i) {
		let { view: a } = r, o = a.x - t / 2 / a.scale, s = a.x + t / 2 / a.scale, c = a.y - n / 2 / a.scale, l = a.y + n / 2 / a.scale;
		if (this.count(o, c, s, l) > 2e4) {
			this.drawDensity(e, t, n, r);
			return;
		}
		let u = e.getTransform().a, d = Math.round(t * u), f = Math.round(n * u);
		if (this.layer?.canvas.width !== d || this.layer.canvas.height !== f) {
			let e = document.createElement("canvas");
			e.width = d, e.height = f;
			let t = e.getContext("2d", { willReadFrequently: !0 }).createImageData(d, f);
			this.layer = {
				canvas: e,
				image: t,
				pixels: new Uint32Array(t.data.buffer)
			};
		}
		let { canvas: p, image: m, pixels: h } = this.layer, g = this.colours(r.colouring, r.dark), _ = Math.max(1, Math.round(1.7 * u)), v = r.selected.size > 0, y = r.dark ? 4293979112 : 4280031253, { visible: ee, selected: te, hides: b } = r, x = a.scale * u, ne = d / 2 - a.x * x, re = f / 2 + a.y * x;
		h.fill(0), this.runs(o, c, s, l, (e, t) => {
			for (let n = e; n < t; n++) {
				let e = this.order[n], t = Math.round(ne + this.xy[2 * e] * x), r = Math.round(re - this.xy[2 * e + 1] * x);
				if (t <= _ || r <= _ || t >= d - _ - 1 || r >= f - _ - 1 || b && !ee(e)) continue;
				let a = v && !te.has(e) ? g[e] & 16777215 | 1342177280 : g[e];
				if (!i) for (let n = -_ - 1; n <= _ + 1; n++) for (let i = -_ - 1; i <= _ + 1; i++) {
					let a = i * i + n * n;
					a <= (_ + .9) ** 2 && a > (_ + .1) ** 2 && (h[(r + n) * d + t + i] = v && !te.has(e) ? 813727872 : y);
				}
				for (let e = -_; e <= _; e++) for (let n = -_; n <= _; n++) (i || n * n + e * e <= (_ + .1) ** 2) && (h[(r + e) * d + t + n] = a);
			}
		}), p.getContext("2d", { willReadFrequently: !0 }).putImageData(m, 0, 0), e.drawImage(p, 0, 0, t, n);
	}
	drawDensity(e, t, n, r) {
		let { colouring: i, view: a, selected: o } = r, s = [
			i.key,
			r.dark,
			r.hides ? i.legend.map((e, t) => t).filter((e) => r.visible(i.entry.indexOf(e))).join() : "",
			o.size,
			o.size ? [...o][0] : ""
		].join("|");
		this.picture?.key !== s && (this.picture = {
			key: s,
			canvas: this.density(r)
		});
		let [c, l, u, d] = this.box, f = t / 2 + (c - a.x) * a.scale, p = n / 2 - (d - a.y) * a.scale;
		e.imageSmoothingEnabled = !1, e.drawImage(this.picture.canvas, f, p, (u - c) * a.scale, (d - l) * a.scale), e.imageSmoothingEnabled = !0;
	}
	density(e) {
		let t = document.createElement("canvas"), n = Ee, [r, i, a, o] = this.box, s = this.order.length, { hides: c, visible: l, selected: u } = e, d = u.size > 0;
		t.width = t.height = n;
		let f = new Float32Array(n * n), p = new Float32Array(3 * n * n), m = this.colours(e.colouring, e.dark), h = 767 / Math.max(a - r, 1e-12), g = 767 / Math.max(o - i, 1e-12);
		for (let e = 0; e < s; e++) {
			if (c && !l(e)) continue;
			let t = Math.round((o - this.xy[2 * e + 1]) * g) * n + Math.round((this.xy[2 * e] - r) * h), i = d && !u.has(e) ? .05 : 1, a = m[e];
			f[t] += i, p[3 * t] += i * (a & 255), p[3 * t + 1] += i * (a >> 8 & 255), p[3 * t + 2] += i * (a >> 16 & 255);
		}
		let _ = 1;
		for (let e of f) e > _ && (_ = e);
		let v = t.getContext("2d"), y = v.createImageData(n, n);
		for (let e = 0; e < n * n; e++) if (f[e] > 0) {
			for (let t = 0; t < 3; t++) y.data[4 * e + t] = p[3 * e + t] / f[e];
			y.data[4 * e + 3] = 90 + 165 * (Math.log1p(f[e]) / Math.log1p(_));
		}
		return v.putImageData(y, 0, 0), t;
	}
}, Oe = /* @__PURE__ */ new WeakMap();
function ke(e) {
	let t = Oe.get(e);
	return t || Oe.set(e, t = new De(e)), t;
}
function Ae(e, t, n) {
	let r = (t[2] - t[0]) / n, i = (t[3] - t[1]) / n, o = new Int32Array(n * n).fill(-1), { rows: s } = e.points, c = (n, o, s) => s < 0 ? Infinity : (a(e.points, s, 0) - t[0] - (o + .5) * r) ** 2 + (t[3] - (n + .5) * i - a(e.points, s, 1)) ** 2;
	for (let l = 0; l < s; l++) {
		let s = Math.min(n - 1, Math.max(0, Math.floor((t[3] - a(e.points, l, 1)) / i))), u = Math.min(n - 1, Math.max(0, Math.floor((a(e.points, l, 0) - t[0]) / r)));
		c(s, u, l) < c(s, u, o[s * n + u]) && (o[s * n + u] = l);
	}
	let l = (e, t, r, i) => {
		let a = e + r, s = t + i;
		if (a < 0 || s < 0 || a >= n || s >= n) return;
		let l = o[a * n + s];
		l >= 0 && c(e, t, l) < c(e, t, o[e * n + t]) && (o[e * n + t] = l);
	};
	for (let e = 0; e < 2; e++) {
		for (let e = 0; e < n; e++) {
			for (let t = 0; t < n; t++) l(e, t, -1, 0), l(e, t, 0, -1), l(e, t, -1, -1), l(e, t, -1, 1);
			for (let t = n - 1; t >= 0; t--) l(e, t, 0, 1);
		}
		for (let e = n - 1; e >= 0; e--) {
			for (let t = n - 1; t >= 0; t--) l(e, t, 1, 0), l(e, t, 0, 1), l(e, t, 1, 1), l(e, t, 1, -1);
			for (let t = 0; t < n; t++) l(e, t, 0, -1);
		}
	}
	return Float32Array.from(o, (e, t) => Math.sqrt(c(Math.floor(t / n), t % n, e)));
}
// src/dom.ts
function D(e, t = {}, ...n) {
	let r = document.createElement(e);
	for (let [e, n] of Object.entries(t)) n != null && n !== !1 && (e.startsWith("on") ? r.addEventListener(e.slice(2), n) : e === "class" ? r.className = String(n) : e in r && !e.startsWith("aria") && e !== "list" && e !== "for" ? r[e] = n : r.setAttribute(e, String(n)));
	return r.append(...n.flat().filter((e) => e != null && e !== !1)), r;
}
function O(e, ...t) {
	e.replaceChildren(...t.flat().filter((e) => e != null && e !== !1));
}
function k(e) {
	let [t, ...n] = e.split(" ");
	if (!/^(?:[A-Z][a-z]?\d*(?:\.\d+)?){2,}$/.test(t) || !/\d/.test(t)) return [document.createTextNode(e)];
	let r = t.split(/(\d+(?:\.\d+)?)/).filter(Boolean).map((e) => /^\d/.test(e) ? D("sub", {}, e) : document.createTextNode(e));
	return n.length ? [...r, D("span", { class: "rest" }, ` ${n.join(" ")}`)] : r;
}
function A(e, t, n) {
	let r = URL.createObjectURL(new Blob([t], { type: n })), i = D("a", {
		href: r,
		download: e
	});
	document.body.append(i), i.click(), i.remove(), setTimeout(() => URL.revokeObjectURL(r), 1e4);
}
var j = {
	two_theta: "2θ / °",
	q: "q / Å⁻¹",
	d: "d / Å",
	energy: "E / eV"
};
function M(e, t, n) {
	let r = e.axis.name;
	if (r === n || r === "energy") return t;
	let i = e.wavelength ?? NaN, a = r === "q" ? t : 4 * Math.PI * Math.sin(t * Math.PI / 360) / i;
	return n === "q" ? a : n === "d" ? 2 * Math.PI / a : 360 / Math.PI * Math.asin(Math.min(1, a * i / (4 * Math.PI)));
}
function N(e) {
	return e.axis.name === "energy" ? ["energy"] : e.axis.name === "q" ? e.wavelength ? [
		"two_theta",
		"q",
		"d"
	] : ["q", "d"] : e.wavelength ? [
		"two_theta",
		"q",
		"d"
	] : ["two_theta"];
}
var P = (e, t) => {
	let n = e.axis.values, r = 0, i = n.length - 1;
	for (; i - r > 1;) {
		let e = r + i >> 1;
		n[e] <= t ? r = e : i = e;
	}
	return t - n[r] < n[i] - t ? r : i;
}, F = (e, t) => [Math.max(0, P(e, t[0]) - 1), Math.min(e.axis.values.length, P(e, t[1]) + 2)], I = (e, t, n) => 68 + (n - t[0]) / (t[1] - t[0]) * (e - 68 - 14), je = (e, t, n) => t[0] + (n - 68) / (e - 68 - 14) * (t[1] - t[0]), Me = (e, t) => t === "lin" ? e : t === "sqrt" ? Math.sign(e) * Math.sqrt(Math.abs(e)) : Math.log10(1 + Math.max(e, 0) * 999) / 3;
function Ne(e, t, n, r) {
	let { dark: i } = r, a = i ? "#99a2ae" : "#5c6672";
	e.clearRect(0, 0, t, n), e.font = "11px system-ui, sans-serif", e.lineWidth = 1;
	let o = n - 34 - 40;
	if (et(e, t, n, r, a), Ze(e, t, o, r), r.mode === "heat" && (r.lines ?? r.rows).length > 1 ? Ue(e, t, o, r, a) : Pe(e, t, o, r, a), tt(e, t, n, r, a), r.drag) {
		e.fillStyle = i ? "rgba(108,178,255,.18)" : "rgba(11,87,164,.12)";
		let n = I(t, r.range, r.drag[0]), a = I(t, r.range, r.drag[1]);
		e.fillRect(Math.min(n, a), 8, Math.abs(a - n), o - 8);
	}
	if (r.pointer !== null) {
		let i = I(t, r.range, r.pointer);
		e.strokeStyle = a, e.globalAlpha = .6, e.beginPath(), e.moveTo(i, 8), e.lineTo(i, n - 34), e.stroke(), e.globalAlpha = 1;
	}
}
function Pe(e, t, n, r, i) {
	let [a, o] = F(r.space, r.range), s = r.mode === "stagger" && r.curves.length > 1, { low: c, high: l } = ze(r.space, a, o), u = (e) => Me(e / l, r.scale), d = r.space.kind === "absorption" ? Math.min(0, u(c)) : u(-.004 * l), f = n - 18, p = s ? r.curves.length : 1, m = f / (1 - d + (s ? .55 * (p - 1) : 0));
	e.save(), e.beginPath(), e.rect(68, 0, t - 68 - 14, n + 2), e.clip(), e.fillStyle = r.dark ? "rgba(255,111,125,.2)" : "rgba(168,15,46,.13)";
	for (let [i, a] of r.masks) {
		let o = I(t, r.range, r.space.axis.values[i]), s = I(t, r.range, r.space.axis.values[Math.min(a, r.space.axis.values.length) - 1]);
		e.fillRect(o, 8, Math.max(s - o, 2), n - 8);
	}
	if (r.band && !s) {
		let i = r.space.axis.values, s = (e) => n + d * m - u(e) * m;
		e.beginPath(), e.fillStyle = r.dark ? "rgba(108,178,255,.25)" : "rgba(11,87,164,.18)";
		for (let n = a; n < o; n++) e.lineTo(I(t, r.range, i[n]), s(r.band.high[n]));
		for (let n = o - 1; n >= a; n--) e.lineTo(I(t, r.range, i[n]), s(r.band.low[n]));
		e.fill();
	}
	if (r.states && !s && Xe(e, t, n, f, r, r.states), r.curves.forEach((i, c) => {
		let l = n - (s ? .55 * c * m : 0) + d * m;
		Be(e, t, r, i, a, o, (e) => l - u(e) * m);
	}), !s && r.phases.length && r.curves.length && r.curves.length < 4 && $e(e, t, r, r.curves[0], (e) => n + d * m - u(e) * m), e.restore(), s) {
		Fe(e, r, i, (e, t) => n - .55 * e * m + d * m - u(t) * m);
		return;
	}
	e.fillStyle = i, e.textAlign = "right", e.textBaseline = "middle", e.strokeStyle = r.dark ? "#343a42" : "#d4d8dd";
	let h = Infinity;
	for (let t of r.scale === "log" ? [
		0,
		l / 100,
		l / 10,
		l
	].map(Ie) : Le(l, r.scale)) {
		let r = n + d * m - u(t) * m;
		h - r < 13 || r < 2 || (h = r, e.beginPath(), e.moveTo(60, r), e.lineTo(65, r), e.stroke(), e.fillText(String(+t.toPrecision(3)), 57, r));
	}
}
function Fe(e, t, n, r) {
	e.fillStyle = n, e.textAlign = "right", e.textBaseline = "middle";
	let i = Infinity;
	t.curves.forEach((n, a) => {
		let [o] = F(t.space, t.range), s = r(a, n.values[Math.max(o - n.first, 0)] ?? 0);
		i - s < 12 || (i = s, e.fillText(Ve(e, n.name, 56), 62, s));
	});
}
var Ie = (e) => e > 0 ? [
	1,
	2,
	5,
	10
].map((t) => t * 10 ** Math.floor(Math.log10(e))).filter((t) => t <= e * 1.0001).at(-1) : 0;
function Le(e, t) {
	let n = K(0, e * 1.0001, 4);
	return t !== "sqrt" || n.length < 2 ? n : [
		0,
		Ie(n[1] / 4),
		...n.slice(1)
	];
}
var Re = /* @__PURE__ */ new WeakMap();
function ze(e, t, n) {
	let r = Re.get(e) ?? /* @__PURE__ */ new Map(), a = `${t}:${n}`;
	Re.set(e, r);
	let o = r.get(a);
	if (!o) {
		o = {
			low: 0,
			high: 1e-12
		};
		for (let r = 0; r < e.spectra.rows; r += Math.ceil(e.spectra.rows / 300)) {
			let a = i(e.spectra, r);
			for (let e = t; e < n; e++) a[e] > o.high ? o.high = a[e] : a[e] < o.low && (o.low = a[e]);
		}
		r.size > 60 && r.clear(), r.set(a, o);
	}
	return o;
}
function Be(e, t, n, r, i, a, o) {
	let s = n.space.axis.values;
	e.strokeStyle = r.colour, e.lineWidth = r.width, e.setLineDash(r.dash ? [5, 3] : []), e.beginPath();
	let c = -1, l = 0, u = 0, d = !1;
	for (let f = Math.max(i, r.first); f < Math.min(a, r.first + r.values.length); f++) {
		let i = I(t, n.range, s[f]), a = o(r.values[f - r.first]);
		Math.floor(i * 1.5) === c ? (l = Math.max(l, a), u = Math.min(u, a)) : (d && l !== u && (e.lineTo(c / 1.5, u), e.lineTo(c / 1.5, l)), c = Math.floor(i * 1.5), l = u = a, d ? e.lineTo(i, a) : (e.moveTo(i, a), d = !0));
	}
	e.stroke(), e.setLineDash([]), e.lineWidth = 1;
}
function Ve(e, t, n) {
	if (e.measureText(t).width <= n) return t;
	let r = t.length - 1;
	for (; r > 1 && e.measureText(`${t.slice(0, r)}…`).width > n;) r--;
	return `${t.slice(0, r)}…`;
}
var He = null;
function Ue(e, t, n, r, i) {
	let a = Math.max(1, Math.round(t - 68 - 14)), o = Math.max(1, Math.round(n - 8)), s = (r.lines ?? r.rows).length, c = [
		r.space.title,
		a,
		o,
		r.scale,
		r.range,
		r.dark,
		r.lines ? `live ${r.lines.map((e) => e.text).join()}` : ""
	].join("|");
	(He?.key !== c || He.rows !== r.rows) && (He = {
		key: c,
		rows: r.rows,
		canvas: We(r, a, o)
	}), e.imageSmoothingEnabled = He.canvas.height > o, e.drawImage(He.canvas, 68, 8, a, o), e.imageSmoothingEnabled = !0;
	let l = o / s, u = -1, d = Infinity;
	e.textAlign = "right", e.textBaseline = "middle", r.lines?.forEach((t, n) => {
		let r = 8 + o - (n + 1) * l, a = r + l / 2;
		e.fillStyle = t.colour, e.fillRect(59, r, 7, l + .5), d - a > 12 && (d = a, e.fillStyle = i, e.fillText(t.text, 56, Math.min(a, 8 + o - 6)));
	});
	let f = Math.max(1, Math.floor(s / o)), p = (t, n) => {
		let s = 8 + o - (n + 1) * l;
		e.fillStyle = w(r.colouring.of[t]), e.fillRect(59, s, 7, l + .5);
		let c = r.colouring.entry[t];
		if (c !== u && r.colouring.legend[c]) {
			u = c;
			let t = s + l / 2;
			d - t > 12 && (d = t, e.fillStyle = i, e.fillText(Ve(e, r.colouring.legend[c].text, 50), 56, Math.min(t, 8 + o - 6)));
		}
		t === r.light && (e.strokeStyle = r.dark ? "#ff9a5a" : "#b4470a", e.lineWidth = 1.5, e.strokeRect(67, s, a + 1, Math.max(l, 2)), e.lineWidth = 1);
	};
	if (!r.lines) {
		for (let e = 0; e < s; e += f) p(r.rows[e], e);
		f > 1 && r.light !== null && r.rows.includes(r.light) && p(r.light, r.rows.indexOf(r.light));
	}
}
function We(e, t, n) {
	let [r, a] = F(e.space, e.range), o = e.space.axis.values, s = document.createElement("canvas"), c = (e.lines ?? e.rows).length, l = Math.min(c, Math.max(n, 1) * 2);
	s.width = t, s.height = l;
	let u = s.getContext("2d"), d = u.createImageData(t, l), f = 1e-12, p = Infinity, m = [];
	for (let n = 0; n < l; n++) {
		let s = Math.floor(n * c / l), u = e.lines ? e.lines[s].values : i(e.space.spectra, e.rows[s]), d = new Float32Array(t).fill(-Infinity);
		for (let n = r; n < a; n++) {
			let r = Math.floor((o[n] - e.range[0]) / (e.range[1] - e.range[0]) * t);
			r >= 0 && r < t && u[n] > d[r] && (d[r] = u[n]);
		}
		for (let e = 1; e < t; e++) d[e] === -Infinity && (d[e] = d[e - 1]);
		for (let e of d) e > f && (f = e), e < p && e > -Infinity && (p = e);
		m.push(d);
	}
	let h = e.space.kind === "absorption" ? Math.min(p, 0) : 0;
	return m.forEach((n, r) => {
		for (let i = 0; i < t; i++) {
			let a = Math.min(1, Math.max(0, Me(Math.max(n[i] - h, 0) / (f - h), e.scale))), o = 4 * ((l - 1 - r) * t + i), s = e.dark ? [
				15 + a * 215,
				18 + a * 222,
				22 + a * 233
			] : [
				255 - a * 235,
				255 - a * 222,
				255 - a * 180
			];
			d.data.set([...s, 255], o);
		}
	}), u.putImageData(d, 0, 0), s;
}
var Ge = [
	"#7a3fa0",
	"#00788c",
	"#8a5a00",
	"#b00020"
], Ke = [
	"#c99bea",
	"#4fc6d8",
	"#e8b04a",
	"#ff7b7b"
], qe = {
	s: 1,
	p: 0,
	d: 2
}, Je = (e, t) => (t ? Ke : Ge)[qe[e] ?? 3];
function Ye(e, t, n) {
	let r = (n - e.first) / e.step, a = i(e.values, t), o = a.length;
	if (!(r >= 0 && r <= o - 1)) return null;
	let s = Math.min(Math.floor(r), o - 2);
	return a[s] + (r - s) * (a[s + 1] - a[s]);
}
function Xe(e, t, n, r, a, o) {
	let s = o.channels.map((e, t) => i(o.values, t)), c = (e) => I(t, a.range, o.first + e * o.step), l = 1e-12;
	for (let e of s) for (let t = 0; t < e.length; t++) {
		let n = o.first + t * o.step;
		n >= a.range[0] && n <= a.range[1] && e[t] > l && (l = e[t]);
	}
	s.forEach((t, i) => {
		let s = (e) => n - .5 * r * Math.max(t[e], 0) / l, u = Je(o.channels[i], a.dark);
		e.beginPath(), e.moveTo(c(0), n);
		for (let n = 0; n < t.length; n++) e.lineTo(c(n), s(n));
		e.lineTo(c(t.length - 1), n), e.closePath(), e.fillStyle = u, e.globalAlpha = .22, e.fill(), e.beginPath();
		for (let n = 0; n < t.length; n++) n ? e.lineTo(c(n), s(n)) : e.moveTo(c(n), s(n));
		e.strokeStyle = u, e.globalAlpha = .8, e.stroke(), e.globalAlpha = 1;
	});
}
function Ze(e, t, n, r) {
	r.phases.forEach((i, a) => {
		e.strokeStyle = (r.dark ? Ke : Ge)[a % 4], e.beginPath(), i.positions.forEach((a, o) => {
			let s = I(t, r.range, a);
			s < 68 || s > t - 14 || (e.moveTo(s, n + 1), e.lineTo(s, n + 3 + 4 * Math.sqrt(i.intensity[o])));
		}), e.stroke();
	});
}
function Qe(e, t, n) {
	let r = null, i = 0;
	return e.forEach((e, a) => e.positions.forEach((o, s) => {
		let c = Math.abs(o - t), l = c <= n ? (e.intensity[s] + .01) * (1 - c / (1.3 * n)) : 0;
		l > i && (i = l, r = {
			phase: e.name,
			hkl: e.hkl[s],
			position: o,
			p: a
		});
	})), r;
}
function $e(e, t, n, r, i) {
	let a = n.phases[0], o = [], s = n.space.axis.values, c = .006 * (n.range[1] - n.range[0]), l = [...a.positions.keys()].filter((e) => a.positions[e] >= n.range[0] && a.positions[e] <= n.range[1] && a.intensity[e] > .04).sort((e, t) => a.intensity[t] - a.intensity[e]).slice(0, 24);
	e.fillStyle = (n.dark ? Ke : Ge)[0], e.textAlign = "center", e.textBaseline = "bottom", e.font = "11px system-ui, sans-serif";
	for (let u of l) {
		let l = a.hkl[u], d = I(t, n.range, a.positions[u]), f = e.measureText(l).width / 2 + 3;
		if (d - f < 68 || d + f > t - 14 || o.some(([e, t]) => d - f < t && d + f > e)) continue;
		let p = 0;
		for (let e = Math.max(r.first, P(n.space, a.positions[u] - c)); e <= P(n.space, a.positions[u] + c) && e - r.first < r.values.length && e < s.length; e++) p = Math.max(p, r.values[e - r.first]);
		o.push([d - f, d + f]), e.fillText(l, d, Math.max(12, i(p) - 3));
	}
}
function et(e, t, n, r, i) {
	let a = n - 34 - 40 + (r.phases.length ? 11 : 8), o = n - 34;
	e.fillStyle = r.dark ? "#171b20" : "#f3f5f7", e.fillRect(68, a, t - 68 - 14, o - a), e.fillStyle = r.dark ? "#6cb2ff" : "#0b57a4";
	let s = [], c = (n, i) => {
		let c = I(t, r.range, n);
		if (c >= 68 && c <= t - 14 && i > 0) {
			i > .3 && s.push(c);
			let t = Math.max(1, i * (o - a - 3));
			e.fillRect(c - 1.5, o - t, 3, t);
		}
	};
	if (r.peaks) {
		let e = Math.max(...r.peaks.relevance, 1e-12);
		r.peaks.position.forEach((t, n) => c(t, r.peaks.relevance[n] / e));
	} else if (r.mean) {
		let e = Math.max(...r.mean, 1e-12), t = r.space.axis.values, n = r.mean.length;
		r.mean.forEach((r, i) => c(t[0] + (i + .5) / n * (t[t.length - 1] - t[0]), r / e));
	}
	e.fillStyle = i, e.textAlign = "left", e.textBaseline = "top";
	let l = r.peaks ? "relevance of its peaks" : r.mean ? "mean relevance" : r.space.mixture ? "peaks are relevant to maps, not to mixtures" : "relevance: point at a sample", u = e.measureText(l).width, d = [74, t - 14 - u - 6], f = (e) => s.filter((t) => t > e - 5 && t < e + u + 5).length, p = f(d[0]) > f(d[1]) ? d[1] : d[0];
	e.fillStyle = r.dark ? "rgba(23,27,32,.8)" : "rgba(243,245,247,.8)", e.fillRect(p - 3, a + 3, u + 6, 14), e.fillStyle = i, e.fillText(l, p, a + 4);
}
function tt(e, t, n, r, i) {
	let a = n - 34, [o, s] = r.range;
	e.strokeStyle = r.dark ? "#4a525c" : "#aeb5bd", e.fillStyle = i, e.textAlign = "center", e.textBaseline = "top";
	let c = [M(r.space, o, r.unit), M(r.space, s, r.unit)].filter(Number.isFinite).sort((e, t) => e - t);
	if (c.length < 2) return;
	let l = r.unit === "d" ? nt(c[0], c[1]) : K(c[0], c[1], t / 90), u = -Infinity;
	for (let n of r.unit === "d" ? [...l].reverse() : l) {
		let i = I(t, r.range, rt(r.space, n, r.unit));
		!Number.isFinite(i) || i < 67 || i > t - 14 + 1 || i - u < 34 || (u = i, e.beginPath(), e.moveTo(i, a), e.lineTo(i, a + 5), e.stroke(), e.fillText(r.unit === "d" ? String(+n.toPrecision(3)) : T(n, q(l)), i, a + 6));
	}
	e.fillText(j[r.unit], 68 + (t - 68 - 14) / 2, a + 19);
}
var nt = (e, t) => {
	let n = [];
	for (let r = -2; r < 4; r++) for (let i of [
		1,
		1.2,
		1.5,
		2,
		2.5,
		3,
		4,
		5,
		7
	]) {
		let a = i * 10 ** r;
		a >= e && a <= t && n.push(a);
	}
	return n;
};
function rt(e, t, n) {
	let r = e.axis.name;
	if (r === n || r === "energy") return t;
	let i = e.wavelength ?? NaN, a = n === "q" ? t : n === "d" ? 2 * Math.PI / t : 4 * Math.PI * Math.sin(t * Math.PI / 360) / i;
	return r === "q" ? a : 360 / Math.PI * Math.asin(Math.min(1, a * i / (4 * Math.PI)));
}
function it(e, t) {
	let n = e.axis.values, r = n[0], i = n[n.length - 1];
	if (!t) return [r, i];
	let a = t.reduce((e, t) => e + t, 0);
	if (!(a > 0)) return [r, i];
	let o = 0, s = 0, c = t.length - 1;
	for (let e = 0; e < t.length; e++) o += t[e], o < .025 * a && (s = e), o <= .975 * a && (c = e + 1);
	let l = (i - r) / t.length, u = .04 * (c - s + 1) * l;
	return [Math.max(r, r + s * l - u), Math.min(i, r + (c + 1) * l + u)];
}
function at(e, t = 300) {
	let n = (e.peaks ?? []).filter((e) => e !== null);
	if (!n.length) return null;
	let r = new Float32Array(t), i = e.axis.values, a = i[0], o = i[i.length - 1];
	for (let e of n) e.position.forEach((i, s) => {
		let c = Math.min(t - 1, Math.floor((i - a) / (o - a) * t));
		r[c] += e.relevance[s] / n.length;
	});
	return r;
}
// src/triangle.ts
var ot = [
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	8,
	9
].map((e) => e / 10), st = (e) => Array.from({ length: e.rows }, (t, n) => [a(e, n, 0), a(e, n, 1)]), L = (e, t, n) => [e[0] * (1 - n) + t[0] * n, e[1] * (1 - n) + t[1] * n], ct = (e) => [
	Math.min(...e.map((e) => e[0])),
	Math.min(...e.map((e) => e[1])),
	Math.max(...e.map((e) => e[0])),
	Math.max(...e.map((e) => e[1]))
];
function lt(e) {
	let t = e.mixture, { names: n } = t, r = st(t.ends);
	if (r.length === 2) return ut(r, n);
	if (r.length > 3) return dt(st(t.tips), n, e);
	let i = [(r[0][0] + r[1][0] + r[2][0]) / 3, (r[0][1] + r[1][1] + r[2][1]) / 3], a = [], o = [], s = (e) => {
		let t = e[0] - i[0], n = e[1] - i[1], r = Math.hypot(t, n);
		return [t / r, n / r];
	};
	return r.forEach((e, t) => {
		let i = r[(t + 1) % 3], c = r[(t + 2) % 3], l = L(e, i, .5), u = s(l), d = s(e);
		for (let t of ot) a.push({
			from: L(i, e, t),
			to: L(c, e, t),
			kind: "grid"
		}), Math.round(10 * t) % 2 == 0 && o.push({
			place: L(i, e, t),
			text: T(t, 1),
			right: 13 * u[0],
			up: 13 * u[1],
			turn: 0,
			kind: "scale"
		});
		a.push({
			from: e,
			to: i,
			kind: "edge"
		}), o.push({
			place: l,
			text: `${n[t]} in the mixture`,
			right: 32 * u[0],
			up: 32 * u[1],
			turn: [
				0,
				-60,
				60
			][t],
			kind: "side"
		}), o.push({
			place: e,
			text: n[t],
			right: 0,
			up: 26 * d[1] + (d[1] > 0 ? -6 : -2),
			turn: 0,
			kind: "corner"
		});
	}), {
		strokes: a,
		marks: o,
		box: ct(r)
	};
}
function ut([e, t], n) {
	let r = [{
		from: e,
		to: t,
		kind: "edge"
	}], i = [];
	for (let n of ot) {
		let [a, o] = L(e, t, n);
		r.push({
			from: [a, o - .015],
			to: [a, o + .015],
			kind: "grid"
		}), i.push({
			place: [a, o],
			text: T(n, 1),
			right: 0,
			up: -24,
			turn: 0,
			kind: "scale"
		});
	}
	return i.push({
		place: L(e, t, .5),
		text: `fraction of ${n[1]}`,
		right: 0,
		up: -44,
		turn: 0,
		kind: "side"
	}), [e, t].forEach((e, t) => i.push({
		place: e,
		text: n[t],
		right: 0,
		up: 24,
		turn: 0,
		kind: "corner"
	})), {
		strokes: r,
		marks: i,
		box: ct([e, t])
	};
}
function dt(e, t, n) {
	let r = e.map(([e, n], r) => {
		let i = Math.max(Math.hypot(e, n), 1e-9);
		return {
			place: [e, n],
			text: t[r],
			right: 16 * e / i,
			up: 14 * n / i,
			turn: 0,
			kind: "corner"
		};
	});
	return {
		strokes: e.map((e) => ({
			from: [0, 0],
			to: e,
			kind: "arrow"
		})),
		marks: r,
		box: ct([
			...e,
			[0, 0],
			...st(n.points)
		])
	};
}
function ft(e, t, n, r = []) {
	let { box: i } = lt(e), [a, o, s, c] = ct([
		[i[0], i[1]],
		[i[2], i[3]],
		...st(e.points),
		...r
	]), l = Math.min((t - 190) / Math.max(s - a, 1e-9), (n - 160) / Math.max(c - o, 1e-9));
	return {
		x: (a + s) / 2,
		y: (o + c) / 2 - 8 / l,
		scale: l
	};
}
function pt(e, t, n, r, i, a) {
	let { space: o, view: s, dark: c } = r, { strokes: l, marks: u } = lt(o), d = (e) => W(s, t, n, ...e);
	for (let { from: t, to: n, kind: r } of l) {
		let a = d(t), o = d(n);
		if (e.strokeStyle = r === "grid" ? c ? "#2c323a" : "#dfe3e8" : r === "edge" ? i : c ? "#6cb2ff" : "#0b57a4", e.lineWidth = r === "grid" ? 1 : 1.4, e.beginPath(), e.moveTo(...a), e.lineTo(...o), e.stroke(), r !== "arrow") continue;
		let s = Math.atan2(o[1] - a[1], o[0] - a[0]);
		e.fillStyle = e.strokeStyle, e.beginPath(), e.moveTo(...o);
		for (let t of [2.75, -2.75]) e.lineTo(o[0] + 10 * Math.cos(s + t), o[1] + 10 * Math.sin(s + t));
		e.closePath(), e.fill();
	}
	e.lineWidth = 1, e.textBaseline = "middle";
	for (let { place: t, text: n, right: r, up: s, turn: c, kind: l } of u) {
		let [u, f] = d(t);
		e.save(), e.translate(u + r, f - s), e.rotate(-c * Math.PI / 180), e.textAlign = o.mixture.names.length > 3 ? r > 4 ? "left" : r < -4 ? "right" : "center" : "center", e.font = l === "corner" ? "600 13px system-ui, sans-serif" : "11px system-ui, sans-serif", e.fillStyle = l === "corner" ? i : a, e.fillText(n, 0, 0), e.restore();
	}
}
function mt(e, t) {
	let { region_points: n, region_counts: r } = e.mixture, i = 0;
	for (let e = 0; e < t; e++) i += r[e];
	return Array.from({ length: r[t] }, (e, t) => [a(n, i + t, 0), a(n, i + t, 1)]);
}
function ht(e, t, n, r) {
	let i = r.hover ?? r.pin;
	e.fillStyle = r.dark ? "#6cb2ff" : "#1f5a99";
	for (let a = 0; a < r.space.names.length; a++) {
		if (!r.visible(a)) continue;
		let o = mt(r.space, a).map((e) => W(r.view, t, n, ...e));
		if (!o.length) continue;
		let [s, c, l, u] = ct(o), d = u - c < 5;
		e.globalAlpha = a === i ? .45 : .14, e.beginPath(), d ? e.rect(s - 1, (c + u) / 2 - 4, l - s + 2, 8) : (o.forEach((t, n) => {
			n ? e.lineTo(...t) : e.moveTo(...t);
		}), e.closePath()), e.fill();
	}
	e.globalAlpha = 1;
}
function gt(e, t) {
	let n = e.names.map((e) => t[e] ?? 0), r = n.reduce((e, t) => e + t, 0);
	if (!(r > 0)) return null;
	let i = (t) => n.reduce((n, i, o) => n + i / r * a(e.ends, o, t), 0);
	return [i(0), i(1)];
}
function _t(e, t, n) {
	let r = st(e.ends);
	if (r.length > 3) return null;
	let [i, a, o] = r, s = a[0] - i[0], c = a[1] - i[1];
	if (!o) {
		let e = ((t - i[0]) * s + (n - i[1]) * c) / (s * s + c * c);
		return [1 - e, e];
	}
	let l = o[0] - i[0], u = o[1] - i[1], d = s * u - c * l, f = ((t - i[0]) * u - (n - i[1]) * l) / d, p = (s * (n - i[1]) - c * (t - i[0])) / d;
	return [
		1 - f - p,
		f,
		p
	];
}
var vt = (e) => e === null || e.every((e) => e > -1e-9), yt = (e) => e.labels.find((e) => e.kind === "fraction"), bt = {
	mean: "the mean of all",
	map: "this map",
	map_plane: "a plane on this map",
	map_gaussian_process: "this map, Gaussian process",
	pls: "partial least squares",
	pls_broadened: "PLS on broadened spectra",
	peak_line: "a line through one peak",
	nearest_spectrum: "the nearest spectrum",
	neighbors: "the nearest spectra",
	most_frequent: "the most frequent class",
	blend: "the average of all methods",
	average: "the average of all methods",
	process: "a Gaussian process",
	process_registered: "a Gaussian process on registered spectra",
	pls_registered: "PLS on registered spectra",
	end_members: "mixing of two ends",
	nearest_pattern: "the nearest spectrum",
	map_path: "a path on this map",
	most_alike: "the spectrum most alike"
}, xt = (e) => bt[e] ?? e.replaceAll("_", " "), R = (e) => e.columns.map((e, t) => t).filter((t) => S(e, t).count > 1);
function z(e, t, n, r, i, a, o = "") {
	let { low: s, high: c } = e.kind === "fraction" ? {
		low: 0,
		high: 1
	} : S(e, t), l = .08 * (c - s || 1);
	n !== null && e.name === "composition" && (n = Math.max(n, 0));
	let u = n === null ? {
		value: "—",
		range: o
	} : Te(n, Math.max(r, e.name === "composition" ? 0 : -Infinity), i), d = (e) => Math.min(Math.max((e - s + l) / (c - s + 2 * l) * 100, 0), 100), f = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	f.setAttribute("viewBox", "0 0 100 14"), f.setAttribute("preserveAspectRatio", "none"), f.setAttribute("aria-hidden", "true");
	let p = (e, t) => {
		let n = document.createElementNS("http://www.w3.org/2000/svg", e);
		for (let [e, r] of Object.entries(t)) n.setAttribute(e, String(r));
		f.append(n);
	};
	return p("line", {
		x1: 0,
		x2: 100,
		y1: 7,
		y2: 7,
		stroke: "currentColor",
		opacity: .25,
		"vector-effect": "non-scaling-stroke"
	}), n !== null && (Number.isFinite(r) && Number.isFinite(i) && p("rect", {
		x: d(r),
		width: Math.max(d(i) - d(r), .8),
		y: 4,
		height: 6,
		fill: "var(--bar)"
	}), p("line", {
		x1: d(n),
		x2: d(n),
		y1: 1,
		y2: 13,
		stroke: "currentColor",
		"stroke-width": 2,
		"vector-effect": "non-scaling-stroke"
	}), a !== null && p("line", {
		x1: d(a),
		x2: d(a),
		y1: 10,
		y2: 15,
		stroke: "var(--orange)",
		"stroke-width": 3,
		"vector-effect": "non-scaling-stroke"
	})), D("div", { class: "value" }, D("span", {
		class: "what",
		title: e.columns[t]
	}, e.columns[t]), D("span", { class: u.value.length > 6 ? "big long" : "big" }, u.value), f, D("span", { class: "range" }, u.range));
}
var St = (e) => D("dl", {}, e.flatMap(([e, t]) => [D("dt", {}, e), D("dd", {}, t)])), Ct = 2, wt = !1;
function Tt(e, t, n) {
	let r = (n) => e.labels[n].kind === "fraction" ? 2 : Number(n === t), i = [...e.labels.keys()].sort((e, t) => r(t) - r(e)).map((t) => n(e.labels[t], t)).filter((e) => e.length), a = i.slice(Ct);
	if (!a.length) return i.flat();
	let o = D("details", { open: wt }, D("summary", {}, `${a.length} more label${a.length > 1 ? "s" : ""}`), a.flat());
	return o.addEventListener("toggle", () => {
		wt = o.open;
	}), [...i.slice(0, Ct).flat(), o];
}
function Et(e, t, n) {
	let r = e.columns.map((n, r) => Dt(e, r, a(e.values, t, r), a(e.lower, t, r), a(e.upper, t, r), e.limit ? a(e.limit, t, r) : NaN));
	return e.kind === "fraction" ? [...r, D("div", { class: "soft" }, `of the mixture, ${Math.round(100 * n)} % intervals`)] : r;
}
function Dt(e, t, n, r, i, a) {
	let o = z(e, t, n, r, i, null), s = o.lastElementChild;
	return e.kind === "remainder" ? s.textContent = "" : n > 0 ? o.querySelector(".big").textContent.length > 5 && (o.querySelector(".big").textContent = T(n, 3), s.textContent = `${T(r, 3)} to ${T(i, 3)}`) : (o.querySelector(".big").textContent = "—", s.textContent = Number.isFinite(a) ? `below ${T(a, 3)}` : "not seen"), o;
}
function Ot(e) {
	if (e.fraction === void 0 || e.fraction === null) return [];
	let t = Object.keys(e.fraction), n = {
		rows: 0,
		columns: t.length,
		data: /* @__PURE__ */ new Float64Array()
	}, r = {
		name: "fraction",
		columns: t,
		values: n,
		read: n,
		lower: n,
		upper: n,
		trusted: "",
		walked: "",
		why: "",
		bounds: null,
		total: null,
		half: n.data,
		reads: null,
		painted: null,
		kind: "fraction"
	}, i = (n, r) => e[n]?.[t[r]] ?? NaN, a = e.mixture_unexplained;
	return [
		D("h2", {}, "What it consists of"),
		...t.map((e, t) => Dt(r, t, i("fraction", t), i("fraction_lower", t), i("fraction_upper", t), i("detection_limit", t))),
		...typeof a == "number" ? [D("div", { class: "soft" }, `the parts leave ${T(100 * a, a < .1 ? 2 : 0)} % of its square`)] : [],
		...e.mixture_alternatives ? [D("div", { class: "soft" }, `nearly as well: ${e.mixture_alternatives}`)] : []
	];
}
var B = (e, t, n = "", r = !1) => D("button", {
	onclick: t,
	disabled: r
}, e, n ? D("kbd", {}, n) : null);
function kt(e, t) {
	let n = [
		...e.mixture ? [["drag a sample", e.mixture.names.length > 3 ? "to a place between others" : "see which mixture a place stands for"], ["click", "keep it: its parts, and all places that its intervals allow"]] : [["drag a sample", "see its spectrum change under the pointer"], ["click, then a peak", "mask it: how far does the sample move?"]],
		["Shift and drag", "select several; Shift-click for two ends"],
		["drop files", t ? "see where they land; the spectra stay on this machine" : "needs `peakscape explore`: this is a file"]
	];
	return [
		D("h3", {}, "Point at a sample"),
		D("p", { class: "soft" }, "Its spectrum appears below, with what it is made of."),
		St(n),
		...At(e),
		...e.provenance.notes.map((e) => D("div", { class: "note" }, e))
	];
}
function At(e) {
	let t = e.provenance.errors.filter((e) => Number.isFinite(e.rmse ?? NaN) || Number.isFinite(e.accuracy ?? NaN)), n = [...new Set(t.map((e) => e.label))], r = e.mixture ? [] : [...e.labels, ...e.classes].map((e) => e.name).filter((e) => !n.includes(e));
	if (e.mixture) return [D("h2", {}, "How far to believe these fractions"), D("p", { class: "soft" }, `Shaded are all places that the ${Math.round(100 * e.level)} % intervals of the fit allow. A part that was not offered is not told: look at the share that is not explained.`)];
	if (!n.length) return [D("h2", {}, "How far to believe this map"), D("p", { class: "soft" }, r.length ? `Errors of ${r.join(", ")} with samples left out are not kept in this space.` : "Nothing is known of the samples but their spectra: label them, and errors stand here.")];
	let i = (e) => e ? e.accuracy !== void 0 && e.accuracy !== null ? `${Math.round(100 * e.accuracy)} %` : e.rmse !== void 0 && e.rmse !== null ? String(+e.rmse.toPrecision(2)) : "–" : "–", a = n.map((e) => {
		let n = t.filter((t) => t.label === e), r = n.some((e) => e.accuracy !== null && e.accuracy !== void 0), a = (e) => r ? -(e.accuracy ?? 0) : e.rmse ?? Infinity, o = n.find((e) => e.method === "map"), s = n.filter((e) => !e.method.startsWith("map")).sort((e, t) => a(e) - a(t))[0], c = n.find((e) => e.trusted);
		return D("tr", {}, D("td", {}, `${e}, ${r ? "accuracy" : "rms error"}`), D("td", { class: c === o ? "best" : "" }, i(o)), D("td", { class: c === s ? "best" : "" }, s ? `${i(s)}, ${xt(s.method)}` : "–"));
	}), o = (e) => D("table", {}, D("thead", {}, D("tr", {}, ...[
		"left out",
		"this map",
		"best plain method"
	].map((e) => D("th", {}, e)))), D("tbody", {}, e)), s = Object.entries(e.provenance.why).map(([e, t]) => D("p", { class: "soft" }, `${e}: ${t}.`));
	return a.length <= 4 ? [
		D("h2", {}, "How far to believe this map"),
		o(a),
		...s
	] : [
		D("h2", {}, "How far to believe this map"),
		o(a.slice(0, 3)),
		D("details", {}, D("summary", {}, `${a.length - 3} more labels, and why which method is trusted`), o(a.slice(3)), s)
	];
}
var jt = (e, t) => [...e.labels.keys()].filter((t) => !e.labels[t].kind).sort((e, n) => Number(n === t) - Number(e === t)).slice(0, Ct).map((t) => e.labels[t]).filter((e) => R(e).length);
function Mt(e, t, n, r) {
	let i = [D("h3", {}, k(e.names[t]))];
	n.masks.length && i.push(Nt(e, n)), i.push(...Tt(e, n.lead, (n) => {
		if (n.kind) return Et(n, t, e.level);
		let r = R(n).map((e) => {
			let r = a(n.read, t, e);
			return z(n, e, Number.isFinite(r) ? r : null, a(n.lower, t, e), a(n.upper, t, e), a(n.values, t, e), "not left out");
		});
		return r.length ? [...r, D("div", { class: "soft" }, `read with itself left out, by ${xt(n.trusted)}`)] : [];
	}));
	let o = [];
	for (let r of jt(e, n.lead)) o.push([`known ${r.name === "composition" ? R(r).map((e) => r.columns[e]).join(", ") : r.name}`, R(r).map((e) => T(a(r.values, t, e), 2)).join(", ")]);
	for (let n of e.classes) {
		let e = n.probability?.[t];
		o.push([n.name, n.left_out ? `${n.values[t]}; left out it is called ${n.left_out[t]}${e === void 0 ? "" : `, ${Math.round(100 * e)} %`}` : n.values[t]]);
	}
	return e.groups && o.push(["group", String(e.groups[t] + 1)]), o.push(["nearest known", [...k(e.names[e.nearest.numbers[t]]), D("span", { class: "soft" }, ` differs by ${+e.nearest.distance[t].toPrecision(2)}`)]]), i.push(St(o)), n.pinned || i.push(D("p", { class: "soft" }, "Click to keep it here.")), i.push(...Pt(e, n, r)), i.push(D("div", { class: "actions" }, B("Spectrum .csv", r.spectra), B("Copy as Python", r.python), n.pinned && B("Release", r.clear, "Esc"))), i;
}
function Nt(e, t) {
	let n = t.masks.length, r = n === 1 ? "Masked 1 peak" : `Masked ${n} ranges`;
	if (t.moved === null) return D("div", { class: "note moved" }, `${r}: asking …`);
	if (typeof t.moved == "string") return D("div", { class: "note" }, t.moved);
	let { by: i, error: a } = t.moved, o = Math.max(0, Math.min(6, -Math.floor(Math.log10(Math.max(a || i, 1e-9))) + 1));
	return D("div", { class: "note moved" }, `${r}: the sample moves by `, D("b", {}, a ? `${T(i, o)} ± ${T(a, o)}` : T(i, o)), `, ${T(i / e.spacing, 1)} spacings.`);
}
function Pt(e, t, n) {
	let { peaks: r } = t;
	if (!r || !r.position.length) return [];
	let i = Math.max(...r.relevance, 1e-12), a = Array.from(r.position).slice(0, 8).map((a, o) => {
		let s = r.start[o], c = r.stop[o], l = t.masks.some((e) => e[0] === s && e[1] === c), u = r.error[o], d = T(r.relevance[o] / i, 2) + (Number.isFinite(u) ? ` ± ${T(u / i, 2)}` : ""), f = .5 * Math.abs(e.axis.values[Math.min(c, e.axis.values.length) - 1] - e.axis.values[s]), p = t.phases.length ? Qe(t.phases, a, f) : null;
		return D("tr", { class: l ? "masked" : "" }, D("td", {}, D("button", {
			"aria-pressed": String(l),
			onclick: () => n.mask(s, c)
		}, T(t.position(a), 2))), t.phases.length ? D("td", { class: "left" }, p ? p.hkl : "not indexed") : null, D("td", {}, T(r.intensity[o], 2)), D("td", {}, d));
	});
	return [D("h2", {}, "Peaks that place it here; press one to mask it"), D("table", { class: "peaks" }, D("thead", {}, D("tr", {}, ...[
		j[t.unit],
		...t.phases.length ? ["hkl"] : [],
		"intensity",
		"relevance"
	].map((e) => D("th", { class: e === "hkl" ? "left" : "" }, e)))), D("tbody", {}, a))];
}
function Ft(e, t, n) {
	if (e.mixture) return It(e, t, n);
	let r = [D("span", { class: `chip ${t.known ? "decoded" : "unknown"}` }, t.known ? t.decodes ? "decoded, not a sample" : "a place, not a sample" : "nothing known here"), D("h3", {}, t.known ? "Between known samples" : "Far from every sample")];
	return t.between && r.push(D("div", { class: "soft" }, k(e.names[t.between[0]]), " to ", k(e.names[t.between[1]])), D("input", {
		type: "range",
		min: "0",
		max: "1",
		step: "0.005",
		value: String(t.between[2]),
		"aria-label": "between the two samples",
		oninput: (e) => n.slide(+e.target.value)
	}), D("div", { class: "actions" }, B(t.playing ? "Stop" : "Play", n.play, "Space"))), r.push(...Tt(e, t.lead, (e, n) => R(e).map((r) => {
		let i = t.readings[n];
		return t.known ? z(e, r, i.value[r], i.lower[r], i.upper[r], null) : z(e, r, null, NaN, NaN, null, "nothing known");
	}))), e.labels.length && t.known && r.push(D("div", { class: "soft" }, `read off the map at this place${t.readings.every((e) => e.exact) ? "" : ", between painted points"}`)), r.push(St([
		["nearest sample", [...k(e.names[t.number]), `, ${T(t.spacings, 1)} spacings away`]],
		["map position", `${T(t.x, 3)}, ${T(t.y, 3)}`],
		...t.differ === null ? [] : [[`${e.n_members} networks differ`, `by ${Math.round(100 * t.differ)} % of the pattern`]]
	])), t.known || r.push(D("div", { class: "note" }, `No sample lies within ${T(e.reach, 1)} spacings. The curve is what the map would say, not what is known.`)), t.decodes || r.push(D("div", { class: "note" }, `A map of ${e.provenance.map} cannot decode here: the spectrum of the nearest sample is shown.`)), r.push(D("div", { class: "actions" }, B("Spectrum .csv", n.spectra), B("Nearest sample", n.nearest, "Enter"), B("Back", n.clear, "Esc"))), r;
}
function It(e, t, n) {
	let r = yt(e), i = [D("span", { class: `chip ${t.known ? "" : "unknown"}` }, t.known ? "a place, not a sample" : "no mixture of these parts"), D("h3", {}, t.fractions && t.known ? "This mixture would be" : t.known ? "Between samples" : "Outside the parts")];
	return t.between && i.push(D("div", { class: "soft" }, k(e.names[t.between[0]]), " to ", k(e.names[t.between[1]])), D("input", {
		type: "range",
		min: "0",
		max: "1",
		step: "0.005",
		value: String(t.between[2]),
		"aria-label": "between the two samples",
		oninput: (e) => n.slide(+e.target.value)
	}), D("div", { class: "actions" }, B(t.playing ? "Stop" : "Play", n.play, "Space"))), t.known && t.fractions?.forEach((e, t) => {
		let n = z(r, t, Math.max(e, 0), e, e, null);
		n.lastElementChild.textContent = "", i.push(n);
	}), t.fractions || i.push(D("div", { class: "soft" }, "of more than three parts a place does not tell the fractions: others may lie there too")), [
		...i,
		St([["nearest sample", k(e.names[t.number])]]),
		D("div", { class: "note" }, "The spectrum shown is that of the nearest sample."),
		D("div", { class: "actions" }, B("Nearest sample", n.nearest, "Enter"), B("Back", n.clear, "Esc"))
	];
}
function Lt(e, t, n, r, i, o, s) {
	let c = [D("span", { class: "chip" }, "selection"), D("h3", {}, `${t.length} of ${e.names.length} samples`)];
	c.push(...Tt(e, s, (e) => R(e).map((n) => {
		let r = t.map((t) => a(e.values, t, n)), i = z(e, n, r.reduce((e, t) => e + t, 0) / r.length, Math.min(...r), Math.max(...r), null);
		return i.lastElementChild.textContent = Math.max(...r) > Math.min(...r) ? `${T(Math.min(...r), 2)} to ${T(Math.max(...r), 2)}` : "all the same", i;
	}))), e.labels.length && c.push(D("div", { class: "soft" }, "known: mean, lowest to highest")), c.push(D("div", { class: "actions" }, B(i || "Map anew", o.anew, "M", !n || t.length < 4 || i !== ""), B("Table .csv", o.csv), B("Spectra .csv", o.spectra), B("Copy as Python", o.python), B("Clear", o.clear, "Esc"))), n || c.push(D("p", { class: "soft" }, r));
	for (let n of e.classes) {
		let e = /* @__PURE__ */ new Map();
		for (let r of t) e.set(n.values[r], (e.get(n.values[r]) ?? 0) + 1);
		c.push(D("h2", {}, n.name), D("table", {}, D("tbody", {}, [...e].sort((e, t) => t[1] - e[1]).map(([e, t]) => D("tr", {}, D("td", {}, e), D("td", {}, String(t)))))));
	}
	let l = /* @__PURE__ */ new Map();
	for (let n of t) l.set(e.names[n], (l.get(e.names[n]) ?? 0) + 1);
	return c.push(D("h2", {}, "Samples"), D("table", {}, D("tbody", {}, [...l].slice(0, 40).map(([e, t]) => D("tr", {}, D("td", {}, k(e)), D("td", {}, t > 1 ? String(t) : "")))))), c;
}
function Rt(e, t, n, r) {
	let i = [], a = n === null ? null : t[n];
	a?.sample && i.push(...Ht(e, a.sample)), i.push(D("h2", {}, `${t.length} dropped`));
	let o = !1;
	return t.forEach((e, t) => {
		if (e.error !== null) {
			let n = /wavelength/.test(e.error) && !o;
			o ||= n, i.push(D("div", { class: "note bad" }, D("b", {}, e.file), `: ${e.error.replace(`${e.file}: `, "").replace(/ \([a-z_]+=, --[a-z-]+\)/g, "")}`, n ? D("form", {
				class: "actions",
				onsubmit: (e) => {
					e.preventDefault(), r.wavelength(t, new FormData(e.target).get("w"));
				}
			}, D("input", {
				name: "w",
				inputMode: "decimal",
				size: 9,
				placeholder: "wavelength",
				"aria-label": "wavelength in angstrom",
				required: !0,
				pattern: "[0-9]*[.]?[0-9]+"
			}), D("span", {}, "Å"), D("button", {}, "Place")) : null));
		} else e.sample ? i.push(D("button", {
			"aria-pressed": String(t === n),
			class: "entry star",
			onclick: () => r.showStar(t)
		}, D("span", {}, "☆"), D("span", {}, e.sample.name), e.sample.foreign ? D("span", { class: "chip foreign" }, "unlike all known") : null)) : i.push(D("div", { class: "soft" }, `${e.file}: reading …`));
	}), i.push(D("div", { class: "actions" }, B("Forget them", r.clear, "Esc"))), i;
}
function zt(e, t, n, r) {
	let i = n ?? t.at(-1), a = Ht(e, i);
	a[0].textContent = `${n ? `point ${i.number}` : `newest, ${i.number}`}${i.foreign ? ": unlike everything known" : ""}`, i.alarm && a.splice(2, 0, D("div", { class: "note bad" }, i.alarm)), a.push(D("h2", {}, "As they came"));
	for (let e of t.slice(-40).reverse()) a.push(D("button", {
		class: "entry star",
		"aria-pressed": String(e.number === i.number),
		onclick: () => r.showLive(e.number)
	}, D("span", { class: "count" }, String(e.number)), D("span", {}, e.name), e.foreign || e.alarm ? D("span", { class: "chip foreign" }, e.alarm ? "alarm" : "unlike all known") : null, D("span", { class: "count" }, (/* @__PURE__ */ new Date(e.time * 1e3)).toLocaleTimeString("en-GB"))));
	return a.push(D("div", { class: "actions" }, n ? B("Back to the newest", r.clear, "Esc") : null)), a;
}
function Bt(e, t, n) {
	let r = (r) => {
		let i = n[`${e.name}${r}`];
		return typeof i == "object" && i ? i[e.columns[t]] : i;
	}, [i, a, o] = [
		"",
		"_lower",
		"_upper"
	].map((e) => {
		let t = r(e);
		return typeof t == "number" ? t : NaN;
	});
	return n.foreign || !Number.isFinite(i) ? {
		value: null,
		low: -Infinity,
		high: Infinity
	} : {
		value: i,
		low: a,
		high: o
	};
}
function Vt(e, t) {
	let n = t[`${e}_probability`];
	return t.foreign || typeof n != "number" ? t.foreign ? "unlike all known" : String(t[e]) : `${t[e]}, ${Math.round(100 * n)} %${t[`${e}_next`] ? `; next ${t[`${e}_next`]}` : ""}`;
}
function Ht(e, t) {
	let n = [D("span", { class: `chip ${t.foreign ? "foreign" : ""}` }, t.foreign ? "unlike everything known" : "placed"), D("h3", {}, k(t.name))];
	for (let r of e.labels) {
		let e = R(r), i = e.map((e) => Bt(r, e, t));
		e.forEach((e, t) => n.push(z(r, e, i[t].value, i[t].low, i[t].high, null, "not told"))), t[`${r.name}_method`] && i.some((e) => e.value !== null) && n.push(D("div", { class: "soft" }, `${r.name} read by ${xt(t[`${r.name}_method`])}`));
	}
	let r = e.classes.filter((e) => t[e.name] !== void 0).map((e) => [e.name, Vt(e.name, t)]);
	t.nearest && r.push(["nearest known", k(t.nearest)]), t.unexplained !== void 0 && t.unexplained !== null && r.push(["not explained", `${T(100 * t.unexplained, 2)} % of the pattern`]), t.novelty_p !== void 0 && t.novelty_p !== null && r.push(["novelty", `p ${t.novelty_p < .01 ? "< 0.01" : `= ${T(t.novelty_p, 2)}`} of being known`]), n.push(...Ot(t), St(r));
	for (let e of t.remarks ?? []) n.push(D("div", { class: "note" }, e.text));
	return n;
}
// src/live.ts
var Ut = 2e3, Wt = 60, Gt = 8e3, Kt = class {
	token;
	changed;
	show;
	words;
	rows = [];
	held = null;
	connected = !1;
	node = D("div", {
		class: "live",
		role: "group",
		"aria-label": "live points"
	});
	alarm = D("div", {
		class: "alarm hidden",
		role: "alert"
	});
	unread = [];
	every = null;
	offset = 0;
	heard = 0;
	wait = 1e3;
	queue = Promise.resolve();
	read;
	text = D("span", {});
	hold = D("button", {
		"aria-pressed": "false",
		title: "hold the view; points still come in"
	}, "Hold");
	constructor(e, t, n, r) {
		this.token = e, this.changed = t, this.show = n, this.words = r, this.read = new Set(Jt(e)), this.node.append(this.text, this.hold), document.body.append(this.alarm), this.hold.addEventListener("click", () => this.toggle()), setInterval(() => {
			this.connected && Date.now() - this.heard > Gt && this.lost(), this.tell();
		}, 1e3);
	}
	get shown() {
		return this.held === null ? this.rows : this.rows.filter((e) => e.number <= this.held);
	}
	get newest() {
		return this.shown.at(-1) ?? null;
	}
	row(e) {
		return e === null ? null : this.rows.find((t) => t.number === e) ?? null;
	}
	toggle() {
		this.held = this.held === null ? this.rows.at(-1)?.number ?? 0 : null, this.tell(), this.changed();
	}
	socket = null;
	connect() {
		let e = new URL("live", location.href);
		e.protocol = "ws:", e.search = `?after=${this.rows.at(-1)?.number ?? 0}`, e.hash = "";
		let n = new WebSocket(e, ["peakscape", this.token]);
		this.socket = n, n.binaryType = "arraybuffer", this.heard = Date.now(), n.onmessage = (e) => {
			this.queue = this.queue.then(async () => {
				n === this.socket && this.take(await t(e.data));
			}).catch((e) => console.error(e));
		}, n.onclose = () => {
			n === this.socket && this.lost();
		};
	}
	lost() {
		let e = this.socket;
		this.socket = null, this.connected = !1, e?.close(), this.tell(), setTimeout(() => this.connect(), this.wait), this.wait = Math.min(this.wait * 1.6, 15e3);
	}
	take(e) {
		this.heard = Date.now(), this.connected = !0, this.wait = 1e3, this.offset = Date.now() / 1e3 - e.now, this.every = e.every;
		let t = this.rows.at(-1)?.number ?? 0;
		e.count < t && (this.rows = [], this.unread = [], this.held = null);
		let n = e.rows.filter((e) => e.number > (this.rows.at(-1)?.number ?? 0));
		this.rows.push(...n), this.rows.length > Ut && this.rows.splice(0, this.rows.length - Ut), this.unread.push(...n.filter((e) => (e.foreign || e.alarm) && !this.read.has(e.number))), this.tell(), n.length && this.changed();
	}
	gap() {
		if (this.every !== null) return this.every;
		let e = this.rows.slice(-21).map((e, t, n) => t ? e.time - n[t - 1].time : 0).slice(1).sort((e, t) => e - t);
		return e.length > 3 ? e[e.length >> 1] : null;
	}
	tell() {
		let e = this.rows.at(-1), t = e ? Math.max(0, Date.now() / 1e3 - this.offset - e.time) : 0, n = this.gap(), r = e && n !== null && t > Math.max(3 * n, 3), i = this.connected ? r ? "late" : "on" : "lost", a = e ? (/* @__PURE__ */ new Date(e.time * 1e3)).toLocaleTimeString("en-GB") : "", o = this.held === null || !e ? 0 : e.number - this.held, s = this.connected ? e ? r ? `no data since ${a}` : `live · ${e.number} · last ${qt(t)}` : "live: nothing has come yet" : e ? `connection lost, trying again; last ${a}` : "connecting …";
		this.text.textContent !== s && (this.text.textContent = s), this.node.dataset.state = i, this.hold.textContent = this.held === null ? "Hold" : o ? `Go on (${o} new)` : "Go on", this.hold.setAttribute("aria-pressed", String(this.held !== null)), this.sound();
	}
	alarmKey = "";
	sound() {
		let [e] = this.unread, t = this.unread.map((e) => e.number).join();
		if (t === this.alarmKey || (this.alarmKey = t, this.alarm.classList.toggle("hidden", !e), !e)) return;
		let n = (t) => {
			(t ? this.unread : [e]).forEach((e) => this.read.add(e.number)), this.unread = t ? [] : this.unread.slice(1), Yt(this.token, this.read), this.sound();
		};
		this.alarm.replaceChildren(D("b", {}, `Point ${e.number}: `, k(e.name)), D("span", {}, this.words(e)), D("span", { class: "actions" }, D("button", { onclick: () => {
			this.show(e.number), n(!1);
		} }, "Show it"), D("button", { onclick: () => n(!1) }, "Read"), this.unread.length > 1 ? D("button", { onclick: () => n(!0) }, `Read all ${this.unread.length}`) : null));
	}
}, qt = (e) => e < 1.5 ? "just now" : e < 100 ? `${Math.round(e)} s ago` : e < 6e3 ? `${Math.round(e / 60)} min ago` : `${Math.round(e / 3600)} h ago`, Jt = (e) => {
	try {
		return JSON.parse(sessionStorage.getItem(`peakscape-read-${e}`) ?? "[]");
	} catch {
		return [];
	}
}, Yt = (e, t) => {
	try {
		sessionStorage.setItem(`peakscape-read-${e}`, JSON.stringify([...t].slice(-500)));
	} catch {}
};
function Xt(e, t, n) {
	if (e.alarm) return e.alarm;
	let r = (e) => `${T(100 * e, e < .1 ? 2 : 0)} %`, i = ["unlike everything known"];
	return typeof e.unexplained == "number" && i.push(`${r(e.unexplained)} of its pattern is not explained${typeof e.usual == "number" ? ` (usual: ${r(e.usual)})` : ""}`), typeof e.unexplained_at == "number" && i.push(`most near ${j[t].split(" ")[0]} ${T(n(e.unexplained_at), t === "energy" ? 1 : 2)}${j[t].includes("/") ? ` ${j[t].split("/ ")[1]}` : ""}`), i.join("; ");
}
function Zt(e, t) {
	let { paint: n, key: r, legend: i } = t.colouring, [a, o] = r.split(":");
	if (a === "class") {
		let n = i.find((n) => n.text === e[t.space.classes[+o].name]);
		return n && !e.foreign ? w(n.colour) : null;
	}
	if (!n) return null;
	let s = t.space.labels[n.label], { value: c } = Bt(s, n.column, e);
	if (c === null) return null;
	let { low: l, high: u } = S(s, n.column);
	return w(C((c - l) / (u - l || 1), t.dark));
}
function Qt(e, t, n, r, i) {
	let { dark: a } = r, o = a ? "#e8ebf0" : "#15181c", s = a ? "#ff7b7b" : "#b00020", c = a ? "#6cb2ff" : "#0b57a4", l = t.map((e) => i(...e.coordinates)), u = t.length, d = Math.max(0, u - Wt), f = (e) => .15 + .85 * Math.max(0, 1 - (u - 1 - e) / Wt) ** 1.5;
	e.strokeStyle = c, e.lineWidth = 1.6;
	for (let t = d + 1; t < u; t++) e.globalAlpha = f(t), e.beginPath(), e.moveTo(...l[t - 1]), e.lineTo(...l[t]), e.stroke();
	t.forEach((t, n) => {
		e.globalAlpha = f(n);
		let [i, c] = l[n], d = n === u - 1 ? 5.5 : 3.8;
		e.beginPath(), e.moveTo(i, c - 1.3 * d), e.lineTo(i + 1.3 * d, c), e.lineTo(i, c + 1.3 * d), e.lineTo(i - 1.3 * d, c), e.closePath(), e.fillStyle = Zt(t, r) ?? (a ? "#0f1216" : "#fff"), e.fill(), e.strokeStyle = t.foreign || t.alarm ? s : o, e.lineWidth = t.foreign || t.alarm ? 2.2 : 1, e.stroke();
	}), e.globalAlpha = 1;
	let p = (t, n) => {
		e.strokeStyle = n, e.lineWidth = 2.2, e.beginPath(), e.arc(...l[t], 12, 0, 2 * Math.PI), e.stroke();
	};
	if (u) {
		let [n, r] = l[u - 1];
		p(u - 1, t[u - 1].foreign || t[u - 1].alarm ? s : c), e.font = "600 12px system-ui, sans-serif", e.textAlign = "left", e.textBaseline = "middle", e.lineWidth = 3, e.strokeStyle = a ? "#0f1216" : "#fff", e.strokeText(String(t[u - 1].number), n + 16, r - 10), e.fillStyle = o, e.fillText(String(t[u - 1].number), n + 16, r - 10);
	}
	let m = t.findIndex((e) => e.number === n);
	m >= 0 && m !== u - 1 && p(m, c), e.lineWidth = 1;
}
// src/layers.ts
var V = 120, H = null;
function $t(e, t, n, r) {
	if (H && H.space === e && H.label === t && H.column === n) return H;
	let [i, a, o, s] = r.box, c = Math.sqrt(r.alpha.length), { low: l, high: u } = S(e.labels[t], n), d = K(l, u, 8).filter((e) => e > l && e < u), f = (e) => i + e / V * (o - i), p = (e) => s - e / V * (s - a), m = Float64Array.from({ length: 121 ** 2 }, (i, a) => {
		let o = Math.floor(a / 121), s = a % 121;
		return r.alpha[Math.min(c - 1, Math.floor(o / V * c)) * c + Math.min(c - 1, Math.floor(s / V * c))] > .25 ? ae(e.labels[t], f(s), p(o))[n] : NaN;
	});
	return H = {
		space: e,
		label: t,
		column: n,
		lines: d.map((e) => {
			let t = [];
			for (let n = 0; n < V; n++) for (let r = 0; r < V; r++) {
				let i = [
					[n, r],
					[n, r + 1],
					[n + 1, r + 1],
					[n + 1, r]
				], a = i.map(([e, t]) => m[e * 121 + t]);
				if (!a.every(Number.isFinite)) continue;
				let o = [];
				for (let t = 0; t < 4; t++) {
					let [n, r] = [a[t], a[(t + 1) % 4]];
					if (n < e == r < e) continue;
					let s = (e - n) / (r - n), [c, l] = [i[t], i[(t + 1) % 4]];
					o.push([f(c[1] + s * (l[1] - c[1])), p(c[0] + s * (l[0] - c[0]))]);
				}
				for (let e = 0; e + 1 < o.length; e += 2) t.push([...o[e], ...o[e + 1]]);
			}
			return {
				value: e,
				segments: t
			};
		}),
		digits: q(d)
	}, H;
}
function en(e, t, n, r, i, a) {
	let { label: o, column: s } = r.colouring.paint, { low: c, high: l } = S(r.space.labels[o], s), { lines: u, digits: d } = $t(r.space, o, s, i);
	e.font = "11px system-ui, sans-serif", e.textAlign = "center", e.textBaseline = "middle";
	for (let { value: i, segments: o } of u) {
		e.strokeStyle = r.dark ? w(C((i - c) / (l - c), !0)) : w(C((i - c) / (l - c), !1).map((e) => Math.round(.62 * e))), e.lineWidth = 1.4, e.beginPath();
		for (let [i, a, s, c] of o) e.moveTo(...W(r.view, t, n, i, a)), e.lineTo(...W(r.view, t, n, s, c));
		e.stroke(), e.lineWidth = 1;
		let s = o[Math.floor(o.length / 2)];
		if (!s) continue;
		let [u, f] = W(r.view, t, n, s[0], s[1]), p = T(i, d), m = e.measureText(p).width / 2 + 3;
		e.fillStyle = r.dark ? "rgba(15,18,22,.8)" : "rgba(255,255,255,.85)", e.fillRect(u - m, f - 7, 2 * m, 14), e.fillStyle = a, e.fillText(p, u, f);
	}
}
function tn(e) {
	let t = e.points.rows, n = [], r = 0, i = 0;
	for (let n = 0; n < t; n++) r += a(e.points, n, 0) / t, i += a(e.points, n, 1) / t;
	for (let o of e.labels) o.columns.forEach((s, c) => {
		if (S(o, c).count < 2) return;
		let l = 0, u = 0, d = 0, f = 0, p = 0, m = 0, h = 0, g = 0;
		for (let e = 0; e < t; e++) {
			let t = a(o.values, e, c);
			Number.isFinite(t) && (h += t, g++);
		}
		h /= Math.max(g, 1);
		for (let n = 0; n < t; n++) {
			let t = a(e.points, n, 0) - r, s = a(e.points, n, 1) - i, g = a(o.values, n, c) - h;
			Number.isFinite(g) && (l += t * t, u += t * s, d += s * s, f += t * g, p += s * g, m += g * g);
		}
		let _ = l * d - u * u;
		if (!(m > 0) || !(Math.abs(_) > 1e-12 * l * d)) return;
		let v = (f * d - p * u) / _, y = (p * l - f * u) / _;
		n.push({
			name: s,
			angle: Math.atan2(y, v),
			share: Math.max(0, (v * f + y * p) / m),
			slope: Math.hypot(v, y)
		});
	});
	return n.sort((e, t) => t.share - e.share);
}
function nn(e, t, n, r, i) {
	let a = tn(r.space).filter((e) => e.share >= .2).slice(0, 6), o = t / 2, s = n / 2, c = Math.min(t, n) * .36, l = [];
	e.font = "12px system-ui, sans-serif", e.textBaseline = "middle", e.strokeStyle = i, e.fillStyle = i, e.lineWidth = 1.6;
	for (let { name: t, angle: n, share: u } of a) {
		let a = c * u, d = o + a * Math.cos(n), f = s - a * Math.sin(n), p = `${t} ${Math.round(100 * u)} %`;
		e.beginPath(), e.moveTo(o, s), e.lineTo(d, f), e.stroke(), e.beginPath(), e.moveTo(d, f);
		for (let t of [2.7, -2.7]) e.lineTo(d + 9 * Math.cos(n + t), f - 9 * Math.sin(n + t));
		e.closePath(), e.fill();
		let m = f - 12 * Math.sin(n);
		for (; l.some((e) => Math.abs(e - m) < 14);) m += 15;
		l.push(m);
		let h = Math.cos(n) < 0, g = e.measureText(p).width, _ = d + (h ? -10 - g : 10);
		e.globalAlpha = .85, e.fillStyle = r.dark ? "#0f1216" : "#fff", e.fillRect(_ - 3, m - 8, g + 6, 16), e.globalAlpha = 1, e.fillStyle = i, e.textAlign = "left", e.fillText(p, _, m);
	}
	e.lineWidth = 1;
}
// src/mapview.ts
var U = 180, rn = class {
	cache = null;
	fade = null;
	layer(e, t, n, r) {
		let i = this.fading(e), a = `${e.title}|${e.names.length}|${t.name}|${n}|${r}`;
		if (this.cache?.key !== a) {
			let e = document.createElement("canvas");
			e.width = e.height = U;
			let o = e.getContext("2d"), s = o.createImageData(U, U), { low: c, high: l } = S(t, n);
			for (let e = 0; e < U; e++) for (let a = 0; a < U; a++) {
				let o = i.alpha[e * U + a];
				if (o === 0) continue;
				let [u, d, f] = C((ae(t, i.box[0] + (a + .5) / U * (i.box[2] - i.box[0]), i.box[3] - (e + .5) / U * (i.box[3] - i.box[1]))[n] - c) / (l - c || 1), r);
				s.data.set([
					u,
					d,
					f,
					Math.round(255 * o)
				], 4 * (e * U + a));
			}
			o.putImageData(s, 0, 0), this.cache = {
				key: a,
				canvas: e
			};
		}
		return {
			canvas: this.cache.canvas,
			box: i.box
		};
	}
	fading(e) {
		if (this.fade?.space === e) return this.fade;
		let t = e.reach * e.spacing, n = e.points.rows, [r, i, o, s] = [
			Infinity,
			Infinity,
			-Infinity,
			-Infinity
		];
		for (let t = 0; t < n; t++) {
			let n = a(e.points, t, 0), c = a(e.points, t, 1);
			r = Math.min(r, n), o = Math.max(o, n), i = Math.min(i, c), s = Math.max(s, c);
		}
		let c = [
			r - 1.1 * t,
			i - 1.1 * t,
			o + 1.1 * t,
			s + 1.1 * t
		], l = /* @__PURE__ */ new Float32Array(32400), u = n > 500 ? Ae(e, c, U) : null;
		for (let r = 0; r < U; r++) for (let i = 0; i < U; i++) {
			let o = c[0] + (i + .5) / U * (c[2] - c[0]), s = c[3] - (r + .5) / U * (c[3] - c[1]), d = u ? u[r * U + i] ** 2 : Infinity;
			if (!u) for (let t = 0; t < n; t++) d = Math.min(d, (a(e.points, t, 0) - o) ** 2 + (a(e.points, t, 1) - s) ** 2);
			let f = Math.min(Math.max((t - Math.sqrt(d)) / (.45 * t), 0), 1);
			l[r * U + i] = f * f * (3 - 2 * f);
		}
		return this.fade = {
			space: e,
			alpha: l,
			box: c
		}, this.fade;
	}
}, W = (e, t, n, r, i) => [t / 2 + (r - e.x) * e.scale, n / 2 - (i - e.y) * e.scale], G = (e, t, n, r, i) => [e.x + (r - t / 2) / e.scale, e.y - (i - n / 2) / e.scale];
function an(e, t, n, r = []) {
	if (e.mixture) return ft(e, t, n, r);
	let [i, o, s, c] = [
		Infinity,
		Infinity,
		-Infinity,
		-Infinity
	];
	for (let t = 0; t < e.points.rows; t++) {
		let n = a(e.points, t, 0), r = a(e.points, t, 1);
		i = Math.min(i, n), s = Math.max(s, n), o = Math.min(o, r), c = Math.max(c, r);
	}
	let l = .6 * Math.max(s - i, c - o), u = [
		i,
		o,
		s,
		c
	];
	for (let [e, t] of r) e > u[0] - l && e < u[2] + l && t > u[1] - l && t < u[3] + l && (i = Math.min(i, e), s = Math.max(s, e), o = Math.min(o, t), c = Math.max(c, t));
	let d = Math.min(e.reach * e.spacing, .3 * Math.max(s - i, c - o, 1e-9)), f = Math.max(s - i + 1.4 * d, 1e-9), p = Math.max(c - o + 1.4 * d, 1e-9);
	return {
		x: (i + s) / 2,
		y: (o + c) / 2,
		scale: Math.min((t - 110) / f, (n - 96) / p)
	};
}
function on(e, t, n, r, i, a) {
	let { space: o, view: s, dark: c } = r, l = c ? "#e8ebf0" : "#15181c", u = c ? "#99a2ae" : "#5c6672";
	e.clearRect(0, 0, t, n), e.fillStyle = c ? "#0f1216" : "#ffffff", e.fillRect(0, 0, t, n);
	let d = r.colouring.paint;
	if (r.painted && d) {
		let { canvas: r, box: a } = i.layer(o, o.labels[d.label], d.column, c), [l, u] = W(s, t, n, a[0], a[3]), [f, p] = W(s, t, n, a[2], a[1]);
		e.globalAlpha = c ? .42 : .4, e.imageSmoothingEnabled = !0, e.drawImage(r, l, u, f - l, p - u), e.globalAlpha = 1;
	}
	o.mixture && pt(e, t, n, r, l, u), (!o.mixture || o.mixture.names.length > 3) && sn(e, t, n, s, u, c), o.mixture && r.spread && ht(e, t, n, r), r.spread && o.ellipses && o.names.length <= 3e3 && ln(e, t, n, r, u), r.contours && d && en(e, t, n, r, i.fading(o), l), r.path && un(e, t, n, r, u), fn(e, t, n, r, l, a), r.ways && nn(e, t, n, r, l), pn(e, t, n, r, l);
}
function K(e, t, n) {
	let r = (t - e) / Math.max(n, 1), i = 10 ** Math.floor(Math.log10(r)), a = [
		1,
		2,
		5,
		10
	].map((e) => e * i).find((e) => e >= r), o = [];
	for (let n = Math.ceil(e / a); n * a <= t; n++) o.push(n * a);
	return o;
}
var q = (e) => e.length > 1 ? Math.max(0, -Math.floor(Math.log10(e[1] - e[0]) + 1e-9)) : e.length && Number.isInteger(e[0]) ? 0 : 2;
function sn(e, t, n, r, i, a) {
	let [o, s] = G(r, t, n, 0, n), [c, l] = G(r, t, n, t, 0);
	e.font = "11px system-ui, sans-serif", e.fillStyle = i, e.strokeStyle = a ? "#343a42" : "#d4d8dd";
	let u = K(o, c, t / 160), d = K(s, l, n / 130);
	e.textAlign = "center", e.textBaseline = "bottom";
	for (let i of u) {
		let a = W(r, t, n, i, 0)[0];
		a < 60 || a > t - 30 || (J(e, a, n - 5, a, n), e.fillText(T(i, q(u)), a, n - 7));
	}
	e.textAlign = "left", e.textBaseline = "middle";
	for (let i of d) {
		let a = W(r, t, n, 0, i)[1];
		a < 60 || a > n - 24 || (J(e, 0, a, 5, a), e.fillText(T(i, q(d)), 8, a));
	}
}
function J(e, t, n, r, i) {
	e.beginPath(), e.moveTo(t, n), e.lineTo(r, i), e.stroke();
}
function cn(e, t) {
	let n = e.ellipses, r = a(n, t, 0), i = a(n, t, 1), o = a(n, t, 2), s = (r + o) / 2, c = Math.hypot((r - o) / 2, i);
	return [
		Math.sqrt(s + c),
		Math.sqrt(Math.max(s - c, 0)),
		.5 * Math.atan2(2 * i, r - o)
	];
}
function ln(e, t, n, r, i) {
	e.strokeStyle = i, e.lineWidth = .8, e.globalAlpha = .55;
	for (let i = 0; i < r.space.names.length; i++) {
		if (!r.visible(i)) continue;
		let [o, s] = W(r.view, t, n, a(r.space.points, i, 0), a(r.space.points, i, 1)), [c, l, u] = cn(r.space, i);
		e.beginPath(), e.ellipse(o, s, c * r.view.scale, l * r.view.scale, -u, 0, 2 * Math.PI), e.stroke();
	}
	e.globalAlpha = 1, e.lineWidth = 1;
}
function un(e, t, n, r, i) {
	let o = r.colouring.values;
	if (!o) return;
	let s = /* @__PURE__ */ new Map();
	o.forEach((e, t) => {
		if (!r.visible(t)) return;
		let n = Math.round(e * 1e6), i = s.get(n) ?? [
			0,
			0,
			0
		];
		s.set(n, [
			i[0] + a(r.space.points, t, 0),
			i[1] + a(r.space.points, t, 1),
			i[2] + 1
		]);
	}), e.strokeStyle = i, e.lineWidth = 1.5, e.setLineDash([5, 4]), e.beginPath(), [...s.keys()].sort((e, t) => e - t).forEach((i, a) => {
		let [o, c, l] = s.get(i), [u, d] = W(r.view, t, n, o / l, c / l);
		a ? e.lineTo(u, d) : e.moveTo(u, d);
	}), e.stroke(), e.setLineDash([]), e.lineWidth = 1;
}
function dn(e, t, n, r, i) {
	e.beginPath(), t === 0 ? e.arc(n, r, i, 0, 2 * Math.PI) : t === 1 ? e.rect(n - .9 * i, r - .9 * i, 1.8 * i, 1.8 * i) : (e.moveTo(n, r - 1.2 * i), e.lineTo(n + 1.15 * i, r + .85 * i), e.lineTo(n - 1.15 * i, r + .85 * i), e.closePath());
}
function fn(e, t, n, r, i, o) {
	let { space: s, colouring: c, view: l, selected: u } = r, d = s.names.length, f = u.size > 0;
	if (d > 3e3) {
		ke(s).draw(e, t, n, r, o);
		return;
	}
	let p = d > 800 ? 3.2 : 4.6;
	for (let o of f ? [!1, !0] : [!0]) for (let m = 0; m < d; m++) {
		if (!r.visible(m) || f && u.has(m) !== o) continue;
		let [d, h] = W(l, t, n, a(s.points, m, 0), a(s.points, m, 1));
		d < -9 || h < -9 || d > t + 9 || h > n + 9 || (e.globalAlpha = f && !o ? .3 : 1, dn(e, c.shapes[m], d, h, p), e.fillStyle = w(c.of[m]), e.fill(), e.lineWidth = f && o ? 2 : 1, e.strokeStyle = i, e.stroke());
	}
	e.globalAlpha = 1, e.lineWidth = 1;
}
function pn(e, t, n, r, i) {
	let { space: o, view: s, dark: c } = r, l = (e) => W(s, t, n, a(o.points, e, 0), a(o.points, e, 1)), u = (t, n, r) => {
		let [i, a] = l(t);
		e.strokeStyle = n, e.lineWidth = 2.2, e.beginPath(), e.arc(i, a, r, 0, 2 * Math.PI), e.stroke(), e.lineWidth = 1;
	}, d = c ? "#6cb2ff" : "#0b57a4", f = c ? "#ff9a5a" : "#b4470a", p = c ? "#e8b04a" : "#8a5a00";
	if (r.between) {
		let [t, n, i] = r.between, [a, o] = l(t), [s, c] = l(n);
		e.strokeStyle = f, e.lineWidth = 1.6, e.setLineDash([6, 4]), J(e, a, o, s, c), e.setLineDash([]), e.lineWidth = 1, u(t, d, 9), u(n, d, 9);
	}
	if (r.lasso.length > 1 && (e.strokeStyle = d, e.fillStyle = c ? "rgba(108,178,255,.12)" : "rgba(11,87,164,.09)", e.setLineDash([4, 3]), e.beginPath(), r.lasso.forEach(([r, i], a) => {
		let [o, c] = W(s, t, n, r, i);
		a ? e.lineTo(o, c) : e.moveTo(o, c);
	}), e.closePath(), e.fill(), e.stroke(), e.setLineDash([])), r.hover !== null && u(r.hover, i, 8), r.pin !== null && u(r.pin, d, 9), r.stars.forEach((a, o) => {
		let [l, u] = W(s, t, n, a.x, a.y), d = Math.min(Math.max(l, 18), t - 18), f = Math.min(Math.max(u, 54), n - 30), p = a.foreign ? c ? "#ff7b7b" : "#b00020" : i;
		if (mn(e, d, f, o === r.star ? 11 : 8), e.fillStyle = c ? "#0f1216" : "#ffffff", e.fill(), e.strokeStyle = p, e.lineWidth = 2, e.stroke(), e.lineWidth = 1, d === l && f === u) return;
		let m = Math.atan2(u - f, l - d), h = (e, t) => [d + t * Math.cos(m + e), f + t * Math.sin(m + e)];
		e.fillStyle = p, e.beginPath(), e.moveTo(...h(0, 17)), e.lineTo(...h(.35, 11)), e.lineTo(...h(-.35, 11)), e.closePath(), e.fill();
	}), r.live && Qt(e, r.live.rows, r.live.shown, r, (e, r) => W(s, t, n, e, r)), r.arrow && hn(e, t, n, r, c ? "#ff6f7d" : "#a80f2e"), r.walk) {
		let [i, a] = W(s, t, n, r.walk.x, r.walk.y);
		if (e.strokeStyle = r.walk.known ? f : p, e.lineWidth = 1.6, r.walk.from !== null) {
			let [t, n] = l(r.walk.from);
			e.setLineDash([4, 3]), J(e, t, n, i, a), e.setLineDash([]), u(r.walk.from, d, 9);
		}
		e.strokeStyle = r.walk.known ? f : p, e.lineWidth = 2.4, e.beginPath(), e.arc(i, a, 9, 0, 2 * Math.PI), e.stroke();
		for (let [t, n] of [
			[1, 0],
			[-1, 0],
			[0, 1],
			[0, -1]
		]) J(e, i + 5 * t, a + 5 * n, i + 15 * t, a + 15 * n);
		e.lineWidth = 1;
	}
}
function mn(e, t, n, r) {
	e.beginPath();
	for (let i = 0; i < 10; i++) {
		let a = i % 2 ? .45 * r : r, o = -Math.PI / 2 + i * Math.PI / 5, s = t + a * Math.cos(o), c = n + a * Math.sin(o);
		i ? e.lineTo(s, c) : e.moveTo(s, c);
	}
	e.closePath();
}
function hn(e, t, n, r, i) {
	let { from: a, to: o, members: s } = r.arrow, [c, l] = W(r.view, t, n, ...a), [u, d] = W(r.view, t, n, ...o);
	e.fillStyle = i, e.strokeStyle = i, e.globalAlpha = .45;
	for (let [i, a] of s) {
		let [o, s] = W(r.view, t, n, i, a);
		e.beginPath(), e.arc(o, s, 2.2, 0, 2 * Math.PI), e.fill();
	}
	e.globalAlpha = 1, e.lineWidth = 2, J(e, c, l, u, d);
	let f = Math.atan2(d - l, u - c);
	Math.hypot(u - c, d - l) > 4 && (e.beginPath(), e.moveTo(u, d), e.lineTo(u - 9 * Math.cos(f - .4), d - 9 * Math.sin(f - .4)), e.lineTo(u - 9 * Math.cos(f + .4), d - 9 * Math.sin(f + .4)), e.closePath(), e.fill()), e.lineWidth = 1;
}
function gn(e, t, n) {
	let r = !1;
	for (let i = 0, a = e.length - 1; i < e.length; a = i++) {
		let [o, s] = e[i], [c, l] = e[a];
		s > n != l > n && t < (c - o) * (n - s) / (l - s) + o && (r = !r);
	}
	return r;
}
// src/state.ts
var _n = (e, t, n) => ({
	colour: e,
	hidden: [],
	view: null,
	selection: [],
	lasso: [],
	pin: null,
	walk: null,
	between: null,
	masks: [],
	mode: "overlay",
	scale: n,
	unit: t,
	range: null,
	theme: "auto",
	painted: !0,
	spread: !0,
	path: !1,
	contours: !1,
	ways: !1,
	tool: "read"
}), Y = (e) => String(+e.toPrecision(6)), vn = (e) => {
	let t = [...e].sort((e, t) => e - t), n = [];
	for (let e = 0; e < t.length;) {
		let r = e;
		for (; t[r + 1] === t[r] + 1;) r++;
		n.push(e === r ? `${t[e]}` : `${t[e]}-${t[r]}`), e = r + 1;
	}
	return n.join(".");
}, yn = (e, t) => e.split(".").flatMap((e) => {
	let [n, r] = e.split("-").map(Number);
	return Number.isInteger(n) ? Array.from({ length: Math.min((Number.isInteger(r) ? r : n) - n + 1, t) }, (e, t) => n + t).filter((e) => e >= 0 && e < t) : [];
});
function bn(e, t) {
	let n = new URLSearchParams();
	if (e.colour !== t.colour && n.set("c", e.colour), e.hidden.length && n.set("h", e.hidden.join(".")), e.view && n.set("v", [
		e.view.x,
		e.view.y,
		e.view.scale
	].map(Y).join(",")), e.selection.length) {
		let t = vn(e.selection), r = e.lasso.flat().map(Y).join(",");
		e.lasso.length && r.length < t.length ? n.set("l", r) : n.set("s", t);
	}
	e.pin !== null && n.set("p", String(e.pin)), e.walk && n.set("w", [
		Y(e.walk.x),
		Y(e.walk.y),
		e.walk.from ?? ""
	].join(",")), e.between && n.set("b", [
		e.between[0],
		e.between[1],
		Y(e.between[2])
	].join(",")), e.masks.length && n.set("m", e.masks.map((e) => e.join("-")).join(".")), e.range && n.set("r", e.range.map(Y).join(","));
	for (let [r, i] of [
		["k", "mode"],
		["i", "scale"],
		["u", "unit"],
		["t", "theme"]
	]) e[i] !== t[i] && n.set(r, e[i]);
	let r = (e.painted ? "p" : "") + (e.spread ? "s" : "") + (e.path ? "a" : "") + (e.contours ? "c" : "") + (e.ways ? "w" : "");
	return r !== "ps" && n.set("g", r || "-"), n.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}
function xn(e, t, n, r, i) {
	let a = new URLSearchParams(e.replace(/^#/, "")), o = {
		...t,
		hidden: [],
		selection: [],
		masks: [],
		lasso: []
	}, s = (e) => (a.get(e) ?? "").split(",").map(Number), c = (e) => Number.isInteger(e) && e >= 0 && e < n;
	if (o.colour = a.get("c") ?? t.colour, a.get("h") && (o.hidden = a.get("h").split(".").map(Number).filter(Number.isInteger)), a.has("v") && s("v").length === 3 && s("v").every(Number.isFinite) && s("v")[2] > 0) {
		let [e, t, n] = s("v");
		o.view = {
			x: e,
			y: t,
			scale: n
		};
	}
	if (a.get("s") && (o.selection = yn(a.get("s"), n)), a.has("l")) {
		let e = s("l");
		for (let t = 0; t + 1 < e.length; t += 2) Number.isFinite(e[t]) && Number.isFinite(e[t + 1]) && o.lasso.push([e[t], e[t + 1]]);
		o.selection = i(o.lasso);
	}
	if (a.has("p") && c(Number(a.get("p"))) && (o.pin = Number(a.get("p"))), a.has("w")) {
		let [e, t, n] = a.get("w").split(",");
		Number.isFinite(+e) && Number.isFinite(+t) && (o.walk = {
			x: +e,
			y: +t,
			from: n !== void 0 && n !== "" && c(+n) ? +n : null
		});
	}
	if (a.has("b")) {
		let [e, t, n] = s("b");
		c(e) && c(t) && n >= 0 && n <= 1 && (o.between = [
			e,
			t,
			n
		]);
	}
	a.get("m") && (o.masks = a.get("m").split(".").map((e) => e.split("-").map(Number)).filter(([e, t]) => Number.isInteger(e) && Number.isInteger(t) && e >= 0 && e < t && t <= r)), a.has("r") && s("r").length === 2 && s("r")[0] < s("r")[1] && (o.range = s("r"));
	let l = (e, t, n) => t.includes(a.get(e)) ? a.get(e) : n;
	o.mode = l("k", [
		"overlay",
		"mean",
		"stagger",
		"heat"
	], t.mode), o.scale = l("i", [
		"lin",
		"sqrt",
		"log"
	], t.scale), o.unit = l("u", [
		"two_theta",
		"q",
		"d",
		"energy"
	], t.unit), o.theme = l("t", [
		"auto",
		"light",
		"dark"
	], t.theme);
	let u = a.get("g");
	return u !== null && (o.painted = u.includes("p"), o.spread = u.includes("s"), o.path = u.includes("a"), o.contours = u.includes("c"), o.ways = u.includes("w")), o;
}
// src/quilt.ts
var Sn = class {
	host;
	node = D("div", { class: "quilt hidden" });
	panels = [];
	constructor(e) {
		this.host = e;
	}
	get shown() {
		return !this.node.classList.contains("hidden");
	}
	show(e) {
		this.node.classList.toggle("hidden", !e), e && this.build();
	}
	build() {
		let e = this.host.maps().slice(-4), t = this.host.maps().length - e.length;
		this.panels = [];
		let n = e.map(({ space: e, title: n }, r) => {
			let i = D("canvas", {
				role: "img",
				"aria-label": `map of ${n}`
			}), a = e.provenance.errors.find((e) => e.method === "map" && Number.isFinite(e.rmse ?? e.accuracy ?? NaN)), o = a ? a.rmse !== null && a.rmse !== void 0 ? `${a.label} left out: rms error ${+a.rmse.toPrecision(2)}` : `${a.label} left out: accuracy ${Math.round(100 * (a.accuracy ?? 0))} %` : "no left-out error is known", s = {
				space: e,
				canvas: i,
				view: {
					x: 0,
					y: 0,
					scale: 0
				},
				painter: new rn(),
				colours: null,
				key: "",
				lasso: []
			};
			return this.panels.push(s), this.listen(s), D("figure", {}, D("figcaption", {}, D("b", {}, n), D("span", { class: "soft" }, o), D("button", { onclick: () => this.host.open(t + r) }, "Open")), i);
		}), r = e.length < 2 ? D("figure", {}, D("figcaption", {}, D("b", {}, "One map so far"), D("span", { class: "soft" }, this.host.served() ? "Select samples and press M: their new map stands beside this one, with the same samples selected." : "This file holds one map. `peakscape export A.space B.space` puts several side by side."))) : null;
		this.node.replaceChildren(...n, ...r ? [r] : []);
	}
	draw() {
		if (!this.shown) return;
		this.host.maps().slice(-4).map((e) => e.space).some((e, t) => e !== this.panels[t]?.space) && this.build();
		let e = this.host.sight();
		for (let t of this.panels) this.drawPanel(t, e);
	}
	drawPanel(e, t) {
		let { space: n } = e, [r, i, a] = this.host.ready(e.canvas);
		if (i < 20 || a < 20) return;
		let o = _e(n).some((e) => e.key === t.colour) ? t.colour : ve(n), s = `${o}|${t.dark}`;
		e.key === s && e.colours || (e.colours = ye(n, o, t.dark), e.key = s), e.view = an(n, i + 60, a + 8), e.view.y += 16 / e.view.scale;
		let c = /* @__PURE__ */ new Set();
		t.selected.size && n.names.forEach((e, n) => {
			t.selected.has(e) && c.add(n);
		});
		let l = (e) => {
			let t = e === null ? -1 : n.names.indexOf(e);
			return t < 0 ? null : t;
		};
		on(r, i, a, {
			...t.empty,
			space: n,
			colouring: e.colours,
			selected: c,
			view: e.view,
			lasso: e.lasso,
			hover: l(t.hover),
			pin: l(t.pin)
		}, e.painter, !1);
	}
	near(e, t, n) {
		let r = e.canvas.getBoundingClientRect(), i = null, o = 14;
		for (let s = 0; s < e.space.names.length; s++) {
			let [c, l] = W(e.view, r.width, r.height, a(e.space.points, s, 0), a(e.space.points, s, 1)), u = Math.hypot(c - t, l - n);
			u < o && (o = u, i = s);
		}
		return i;
	}
	listen(e) {
		let { canvas: t, space: n } = e, r = null, i = !1, o = (e) => {
			let n = t.getBoundingClientRect();
			return [e.clientX - n.left, e.clientY - n.top];
		}, s = (n) => {
			let r = t.getBoundingClientRect();
			return G(e.view, r.width, r.height, ...n);
		};
		t.addEventListener("pointerdown", (n) => {
			r = o(n), i = n.altKey, e.lasso = [], t.setPointerCapture(n.pointerId);
		}), t.addEventListener("pointermove", (t) => {
			let i = o(t);
			if (r && (e.lasso.length || Math.hypot(i[0] - r[0], i[1] - r[1]) > 4)) {
				e.lasso.length || e.lasso.push(s(r)), e.lasso.push(s(i)), this.drawPanel(e, this.host.sight());
				return;
			}
			let a = this.near(e, ...i);
			this.host.hoverName(a === null ? null : n.names[a]);
		}), t.addEventListener("pointerup", (t) => {
			let { lasso: s } = e;
			if (e.lasso = [], s.length > 3) this.host.chooseNames(new Set(n.names.filter((e, t) => gn(s, a(n.points, t, 0), a(n.points, t, 1)))), i);
			else if (r) {
				let r = this.near(e, ...o(t));
				r !== null && this.host.pinName(n.names[r]);
			}
			r = null;
		}), t.addEventListener("pointercancel", () => {
			r = null, e.lasso = [], this.draw();
		}), t.addEventListener("pointerleave", () => {
			r || this.host.hoverName(null);
		});
	}
}, Cn = (e) => /[",\n]/.test(e) ? `"${e.replaceAll("\"", "\"\"")}"` : e, X = (e) => {
	let t = e.provenance, n = t.errors.filter((e) => e.trusted || e.method === "map").map((e) => `${e.label} by ${e.method}: ${e.accuracy !== null && e.accuracy !== void 0 ? `accuracy ${e.accuracy.toFixed(2)}` : `rms error ${e.rmse?.toPrecision(3)}`}, left out`).join("; ");
	return [
		`${e.names.length} ${e.kind} spectra${e.wavelength ? `, wavelength ${e.wavelength} Å` : ""}`,
		t.history,
		`prepared: ${t.prepared}`,
		`map: ${t.map} (${t.map_reason})`,
		n,
		`peakscape ${t.versions.peakscape}`
	].filter(Boolean).join("; ");
};
function wn(e, t) {
	let n = [
		"name",
		"axis_1",
		"axis_2"
	];
	for (let t of e.labels) for (let e of t.columns) {
		let r = t.columns.length > 1 ? `${t.name}_${e}` : e;
		n.push(r, `${r}_left_out`, `${r}_lower`, `${r}_upper`);
	}
	for (let t of e.classes) n.push(t.name);
	let r = t.map((t) => {
		let n = [
			e.names[t],
			a(e.points, t, 0),
			a(e.points, t, 1)
		];
		for (let r of e.labels) r.columns.forEach((e, i) => n.push(...[
			r.values,
			r.read,
			r.lower,
			r.upper
		].map((e) => a(e, t, i))));
		for (let r of e.classes) n.push(r.values[t]);
		return n.map((e) => typeof e == "number" ? Number.isFinite(e) ? String(e) : "" : Cn(e)).join(",");
	});
	return `# ${X(e)}\n${[n.map(Cn).join(","), ...r].join("\n")}\n`;
}
function Tn(e, t) {
	let n = [`# ${X(e)}`, [e.axis.name, ...t.map((e) => Cn(e.name))].join(",")];
	for (let r = 0; r < e.axis.values.length; r++) n.push([e.axis.values[r], ...t.map((e) => +e.values[r].toPrecision(7))].join(","));
	return `${n.join("\n")}\n`;
}
function En(e, t, n) {
	let r = JSON.stringify([...new Set(t.map((t) => e.names[t]))]);
	return `import peakscape as ps\n\nspace = ps.open_space(${JSON.stringify(`${e.title}.space`)})\nnames = ${r}\nchosen = space.known_.isel(sample=[k for k, name in enumerate(space.names) if name in names])\nanew = ps.FeatureSpace(map="${n}", preparation="none").fit(chosen)\n`;
}
var Z = (e) => e.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\"", "&quot;"), Dn = (e, t) => e.split(" ").reduce((e, n) => {
	let r = e.at(-1);
	return r !== void 0 && r.length + n.length < t ? e[e.length - 1] = `${r} ${n}` : e.push(n), e;
}, []), On = 88;
function kn(e, t) {
	let n = e.colouring.legend.slice(0, 12), r = n.length ? 190 : 20, i = 880 / (On / 25.4) / 72, { space: o, colouring: s } = e, c = 810 - r, l = e.view.scale ? an(o, c, 580) : e.view, u = (e) => [e[0] + 70, e[1]], d = (e, t) => u(W(l, c, 580, e, t)), f = [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${On}mm" height="${On * 640 / 880}mm" viewBox="0 0 880 640" font-family="Helvetica, Arial, sans-serif" font-size="${8 * i}">`,
		`<title>${Z(o.title)}</title><desc>${Z(X(o))}</desc><rect width="880" height="640" fill="#fff"/>`,
		`<clipPath id="frame"><rect x="70" y="0" width="${c}" height="580"/></clipPath>`
	];
	if (t) {
		let [e, n] = d(t.box[0], t.box[3]), [r, i] = d(t.box[2], t.box[1]);
		f.push(`<image clip-path="url(#frame)" x="${e}" y="${n}" width="${r - e}" height="${i - n}" preserveAspectRatio="none" opacity="0.4" href="${t.canvas.toDataURL("image/png")}"/>`);
	}
	let [p, m] = G(l, c, 580, 0, 580), [h, g] = G(l, c, 580, c, 0), _ = `stroke="#000" stroke-width="${.7 * i}"`;
	f.push(`<rect x="70" y="2" width="${c}" height="578" fill="none" ${_}/>`);
	let v = o.mixture !== void 0, y = v && o.mixture.names.length <= 3, ee = y ? [] : K(p, h, 5), te = y ? [] : K(m, g, 5);
	for (let e of ee) {
		let [t] = d(e, 0);
		f.push(`<path d="M${t} 580v9" ${_}/><text x="${t}" y="620" text-anchor="middle">${T(e, q(ee))}</text>`);
	}
	for (let e of te) {
		let [, t] = d(0, e);
		f.push(`<path d="M70 ${t}h-9" ${_}/><text x="56" y="${t + 2.8 * i}" text-anchor="end">${T(e, q(te))}</text>`);
	}
	if (v) {
		let { strokes: t, marks: n } = lt(o), r = (e) => e.map((e, t) => `${t ? "L" : "M"}${d(...e).join(" ")}`).join("");
		if (e.spread) for (let t = 0; t < o.names.length; t++) e.visible(t) && f.push(`<path d="${r(mt(o, t))}Z" fill="#1f5a99" opacity="0.16"/>`);
		for (let { from: e, to: n, kind: a } of t) f.push(`<path class="${a}" d="${r([e, n])}" fill="none" stroke="${a === "grid" ? "#ccc" : a === "edge" ? "#000" : "#0b57a4"}" stroke-width="${(a === "grid" ? .4 : .8) * i}"/>`);
		for (let { place: e, text: t, right: r, up: a, turn: o, kind: s } of n) {
			let [n, c] = d(...e), l = n + 1.3 * r, u = c - 1.3 * a + 2.8 * i;
			f.push(`<text x="${l}" y="${u}" text-anchor="middle" font-size="${(s === "corner" ? 8 : 6.5) * i}" transform="rotate(${-o} ${l} ${u})">${Z(t)}</text>`);
		}
	}
	if (e.spread && o.ellipses) for (let t = 0; t < o.names.length; t++) {
		if (!e.visible(t)) continue;
		let [n, r] = d(a(o.points, t, 0), a(o.points, t, 1)), [s, c, u] = cn(o, t);
		f.push(`<ellipse cx="${n}" cy="${r}" rx="${s * l.scale}" ry="${c * l.scale}" transform="rotate(${-u * 180 / Math.PI} ${n} ${r})" fill="none" stroke="#666" stroke-width="${.5 * i}" opacity="0.6"/>`);
	}
	for (let t = 0; t < o.names.length; t++) {
		if (!e.visible(t)) continue;
		let [n, r] = d(a(o.points, t, 0), a(o.points, t, 1)), c = `fill="${w(s.of[t])}" stroke="#000" stroke-width="${.5 * i}"`, l = e.selected.size && !e.selected.has(t) ? " opacity=\"0.3\"" : "", u = 2.2 * i, p = s.shapes[t], m = p === 0 ? `<circle cx="${n}" cy="${r}" r="${u}" ${c}${l}>` : p === 1 ? `<rect x="${n - .9 * u}" y="${r - .9 * u}" width="${1.8 * u}" height="${1.8 * u}" ${c}${l}>` : `<path d="M${n} ${r - 1.2 * u}L${n + 1.15 * u} ${r + .85 * u}H${n - 1.15 * u}Z" ${c}${l}>`;
		f.push(`${m}<title>${Z(o.names[t])}</title></${p === 0 ? "circle" : p === 1 ? "rect" : "path"}>`);
	}
	let b = n.length ? Dn(s.title, 11) : [], x = 70 + c + 16;
	return b.forEach((e, t) => f.push(`<text x="${x}" y="${24 + t * 10 * i}">${Z(e)}</text>`)), n.forEach((e, t) => {
		let n = 30 + (b.length + t) * 10.5 * i, r = 2.2 * i, a = x + r, o = e.shape === 1 ? `<rect x="${a - .9 * r}" y="${n - 2.6 * i - .9 * r}" width="${1.8 * r}" height="${1.8 * r}"` : e.shape === 2 ? `<path d="M${a} ${n - 2.6 * i - 1.2 * r}l${1.15 * r} ${2.05 * r}h${-2.3 * r}Z"` : `<circle cx="${a}" cy="${n - 2.6 * i}" r="${r}"`;
		f.push(`${o} fill="${w(e.colour)}" stroke="#000" stroke-width="${.5 * i}"/><text x="${x + 8 * i}" y="${n}">${Z(e.text)}</text>`);
	}), `${f.join("\n")}\n</svg>\n`;
}
function An(e) {
	let t = 1800, n = 1800 / (180 / 25.4) / 72, [r, i] = F(e.space, e.range), a = e.space.axis.values, o = [`<svg xmlns="http://www.w3.org/2000/svg" width="180mm" height="${111600 / t}mm" viewBox="0 0 ${t} 620" font-family="Helvetica, Arial, sans-serif" font-size="${8 * n}">`, `<desc>${Z(X(e.space))}</desc><rect width="${t}" height="620" fill="#fff"/>`], s = (t) => 90 + (t - e.range[0]) / (e.range[1] - e.range[0]) * 1690, c = 1e-12;
	for (let t of e.curves) for (let e = r; e < i; e++) c = Math.max(c, t.values[e - t.first] ?? 0);
	e.curves.forEach((t, l) => {
		let u = [];
		for (let n = Math.max(r, t.first); n < Math.min(i, t.first + t.values.length); n++) u.push(`${u.length ? "L" : "M"}${s(a[n]).toFixed(2)} ${(540 - Me(t.values[n - t.first] / c, e.scale) * 490).toFixed(2)}`);
		o.push(`<path d="${u.join("")}" fill="none" stroke="${t.colour}" stroke-width="${.8 * n}"/><text x="1776" y="${30 + 10 * n * l}" text-anchor="end" fill="${t.colour}">${Z(t.name)}</text>`);
	});
	let l = [M(e.space, e.range[0], e.space.axis.name), e.range[1]], u = K(l[0], l[1], 10);
	o.push(`<path d="M90 540H1780" stroke="#000" stroke-width="${.7 * n}"/>`);
	for (let e of u) o.push(`<path d="M${s(e)} 540v10" stroke="#000" stroke-width="${.7 * n}"/><text x="${s(e)}" y="581.75" text-anchor="middle">${T(e, q(u))}</text>`);
	return o.push(`<text x="945" y="616" text-anchor="middle">${Z(e.space.axis.name === "two_theta" ? "2θ / °" : e.space.axis.name === "q" ? "q / Å⁻¹" : "E / eV")}</text>`), `${o.join("\n")}\n</svg>\n`;
}
// src/app/scenes.ts
function jn(e, t) {
	let n = e.dark ? "#e8ebf0" : "#15181c";
	return t.filter((t) => t.spectrum?.length === e.space.axis.values.length).slice(-80).map((t) => ({
		values: t.spectrum,
		colour: Zt(t, {
			space: e.space,
			colouring: e.colours,
			dark: e.dark
		}) ?? n,
		text: String(t.number)
	}));
}
function Mn(e) {
	let { space: t, state: n } = e, r = e.dark ? "#e8ebf0" : "#15181c", a = e.dark ? "#ff9a5a" : "#b4470a", o = e.dark ? "#8b949f" : "#6d7680", s = (e, n, r = 1.2) => ({
		values: i(t.spectra, e),
		first: 0,
		colour: n,
		width: r,
		name: t.names[e]
	}), { focus: c, watching: l } = e;
	if (c?.spectrum && e.hoverOf === null) {
		let e = c, n = t.names.indexOf(e.sample.nearest);
		return [...n >= 0 ? [{
			...s(n, o),
			name: `${t.names[n]}, nearest known`
		}] : [], {
			values: e.spectrum,
			first: 0,
			colour: r,
			width: 1.3,
			name: e.sample.name
		}];
	}
	if (n.walk && e.hoverOf === null) {
		let i = e.walkNow(), c = e.decodeNow(), l = n.walk.from, u = l === null ? [] : [{
			...s(l, r, 1),
			name: `${t.names[l]}, where the walk began`
		}];
		return c ? [...u, {
			values: c.curve,
			first: c.first,
			colour: i.known ? a : o,
			width: 1.5,
			name: i.known ? "decoded here" : "what the map would say; nothing is known here"
		}] : [...u, {
			...s(i.number, o),
			name: `${t.names[i.number]}, the nearest sample`
		}];
	}
	let u = e.shown;
	if (u !== null) {
		let i = [s(u, r)];
		return n.masks.length && u === n.pin && i.push({
			values: pe(t, u, n.masks),
			first: 0,
			colour: a,
			width: 1.2,
			name: "masked"
		}), e.hoverOf !== null && n.pin !== null && e.hoverOf !== n.pin && i.unshift({
			...s(n.pin, o, 1),
			name: `${t.names[n.pin]}, kept`
		}), i;
	}
	if (e.mode() === "heat") return [];
	let d = (n.selection.length ? n.selection : [...t.names.keys()]).filter(e.visible);
	if (l) return jn(e, l).slice(-24).map((e) => ({
		values: e.values,
		first: 0,
		colour: e.colour,
		width: 1,
		name: e.text
	}));
	if (e.mode() === "mean") return [{
		values: Nn(e, d).mean,
		first: 0,
		colour: r,
		width: 1.4,
		name: `mean of ${d.length}`
	}];
	let f = Fn(e, d), p = e.mode() === "stagger" ? 24 : 60, m = Math.max(1, f.length / p);
	return Array.from({ length: Math.min(f.length, p) }, (e, t) => f[Math.floor(t * m)]).map((t) => s(t, w(e.colours.of[t]), 1));
}
function Nn(e, t) {
	if (e.middleKept && e.middleKept.rows.join() === t.join()) return e.middleKept;
	let n = e.space.axis.values.length, r = new Float64Array(n), a = new Float64Array(n), o = Math.max(t.length, 1);
	for (let s of t) {
		let t = i(e.space.spectra, s);
		for (let e = 0; e < n; e++) r[e] += t[e] / o, a[e] += t[e] * t[e] / o;
	}
	let s = a.map((e, t) => Math.sqrt(Math.max(e - r[t] * r[t], 0)));
	return e.middleKept = {
		rows: t,
		mean: r,
		low: r.map((e, t) => e - s[t]),
		high: r.map((e, t) => e + s[t])
	}, e.middleKept;
}
function Pn(e) {
	let { selection: t, hidden: n } = e.state, r = e.colours, i = e.rowsKept;
	if (i && i.colours === r && i.selection === t && i.hidden === n) return i.rows;
	let a = Fn(e, (t.length ? t : [...e.space.names.keys()]).filter(e.visible));
	return e.rowsKept = {
		colours: r,
		selection: t,
		hidden: n,
		rows: a
	}, a;
}
function Fn(e, t) {
	let { values: n, entry: r } = e.colours, i = e.space.labels.flatMap((e) => e.columns.map((t, n) => (t) => a(e.values, t, n)));
	return [...t].sort((e, t) => (n ? n[e] - n[t] : r[e] - r[t]) || i.reduce((n, r) => n || r(e) - r(t), 0) || e - t);
}
function In(e) {
	let { state: t, space: n } = e, r = typeof e.moved == "object" ? e.moved : null, i = t.walk ? {
		...t.walk,
		known: e.walkNow().known
	} : null;
	return {
		space: n,
		colouring: e.colours,
		visible: e.visible,
		hides: t.hidden.length > 0,
		selected: new Set(t.selection),
		view: e.view(),
		pin: t.pin,
		hover: e.hoverOf ?? e.lightOnly,
		walk: i,
		arrow: r && t.pin !== null && t.masks.length && !i ? {
			from: r.whole,
			to: r.masked,
			members: r.members.length > 1 ? r.members : []
		} : null,
		lasso: e.lasso,
		stars: e.stars.map(({ one: e, place: t }) => ({
			name: e.sample.name,
			x: t[0],
			y: t[1],
			foreign: !!e.sample.foreign
		})),
		star: e.star === null ? null : e.stars.findIndex(({ one: t }) => t === e.placed[e.star]),
		live: e.live && !e.current ? {
			rows: e.live.shown,
			shown: e.hoverLive ?? e.liveShown
		} : null,
		between: t.between,
		painted: t.painted,
		spread: t.spread,
		path: t.path,
		contours: t.contours,
		ways: t.ways && !n.mixture,
		dark: e.dark
	};
}
function Ln(e) {
	let { state: t, space: n } = e, r = e.shown, { unit: i, watching: a } = e, o = a && e.mode() === "heat" ? jn(e, a) : [];
	return {
		space: n,
		lines: o.length > 1 ? o : null,
		colouring: e.colours,
		mode: e.mode(),
		scale: t.scale,
		unit: i,
		range: e.range,
		curves: Mn(e),
		rows: e.mode() === "heat" && !o.length ? Pn(e) : Rr,
		light: e.hoverOf ?? e.lightOnly,
		peaks: r === null ? null : $(e, r),
		mean: r === null ? e.spaces[e.current].mean : null,
		masks: r !== null && r === t.pin ? t.masks : [],
		pointer: e.pointer,
		drag: e.dragged,
		dark: e.dark,
		known: !0,
		phases: e.phases,
		states: r !== null && e.mode() === "overlay" ? e.statesOf(r) : null,
		band: e.mode() === "mean" && r === null && !t.walk ? Nn(e, (t.selection.length ? t.selection : [...n.names.keys()]).filter(e.visible)) : null
	};
}
// src/app/saving.ts
function Rn(e) {
	A(`${e.space.title}-table.csv`, wn(e.space, e.state.selection.length ? e.state.selection : [...e.space.names.keys()]), "text/csv");
}
function zn(e) {
	A(`${e.space.title}-spectra.csv`, Tn(e.space, Hn(e)), "text/csv");
}
function Bn(e) {
	let { space: t } = e, [n] = Hn(e);
	A(`${n.name.replace(/[^\p{L}\p{N}.-]+/gu, "_")}.xy`, `# ${n.name}; ${t.axis.name} intensity; ${X(t)}\n${Array.from(t.axis.values, (e, t) => `${e} ${+n.values[t].toPrecision(7)}`).join("\n")}\n`, "text/plain");
}
function Vn(e, t) {
	let n = e.state.selection.length ? e.state.selection : e.shown === null ? [] : [e.shown];
	e.server.ask("spectra", {
		space: e.asked,
		samples: n,
		format: t
	}).then((n) => A(`${e.space.title}${t === "nc" ? ".nc" : ".zarr.zip"}`, Uint8Array.from(n.file), "application/octet-stream"), (e) => Q(e.message));
}
function Hn(e) {
	let { space: t, state: n } = e, r;
	if (n.walk && e.hoverOf === null) {
		let a = e.spaces[e.current].model.decode(n.walk.x, n.walk.y, 0, t.axis.values.length);
		r = [a ? {
			name: `decoded at ${n.walk.x.toPrecision(5)} ${n.walk.y.toPrecision(5)}${e.walkNow().known ? "" : " (nothing known here)"}`,
			values: a.curve
		} : {
			name: t.names[e.walkNow().number],
			values: i(t.spectra, e.walkNow().number)
		}];
	} else r = e.shown === null ? (n.selection.length ? n.selection : [...t.names.keys()]).map((e) => ({
		name: t.names[e],
		values: i(t.spectra, e)
	})) : [{
		name: t.names[e.shown],
		values: i(t.spectra, e.shown)
	}];
	return r;
}
function Un(e) {
	let t = e.state.selection.length ? e.state.selection : e.shown === null ? [...e.space.names.keys()] : [e.shown], n = En(e.space, t, "auto");
	navigator.clipboard?.writeText(n).then(() => Q("copied"), () => qn(e, "Lines of Python", D("pre", {}, n))), navigator.clipboard || qn(e, "Lines of Python", D("pre", {}, n));
}
function Wn(e) {
	let t = e.state.mode;
	e.mode() === "heat" && (e.state.mode = "stagger");
	let n = Mn(e);
	return e.state.mode = t, n.map((e) => e.colour === "#e8ebf0" ? {
		...e,
		colour: "#000"
	} : e);
}
function Gn(e) {
	let t = {
		...e.scene(),
		dark: !1,
		colouring: ye(e.space, e.state.colour, !1)
	}, n = t.colouring.paint;
	A(`${e.space.title}-map.svg`, kn(t, n && e.state.painted ? e.painter.layer(e.space, e.space.labels[n.label], n.column, !1) : null), "image/svg+xml");
}
function Kn(e) {
	let t = document.createElement("canvas"), n = e.map, r = e.curve;
	t.width = Math.max(n.width, r.width), t.height = n.height + r.height + 60;
	let i = t.getContext("2d");
	i.fillStyle = e.dark ? "#0f1216" : "#fff", i.fillRect(0, 0, t.width, t.height), i.drawImage(n, 0, 0), i.drawImage(r, 0, n.height), i.fillStyle = e.dark ? "#99a2ae" : "#5c6672", i.font = "15px system-ui, sans-serif";
	let a = X(e.space).split(" "), o = "", s = t.height - 38;
	for (let e of a) if (i.measureText(`${o} ${e}`).width > t.width - 24) {
		if (i.fillText(o, 12, s), o = e, s += 20, s > t.height) break;
	} else o = o ? `${o} ${e}` : e;
	s <= t.height && i.fillText(o, 12, s), t.toBlob((t) => {
		t && A(`${e.space.title}.png`, t, "image/png");
	}, "image/png");
}
// src/app/menus.ts
function qn(e, t, ...n) {
	let r = D("dialog", { "aria-label": t }, D("h3", {}, t), n, D("div", { class: "actions" }, D("button", { onclick: () => r.close() }, "Close")));
	r.addEventListener("close", () => {
		r.remove(), e.map.focus({ preventScroll: !0 });
	}), document.body.append(r), r.showModal();
}
function Q(e) {
	let t = D("div", {
		class: "banner quiet",
		role: "status"
	}, e);
	document.body.append(t), setTimeout(() => t.remove(), 3200);
}
function Jn(e) {
	let t = [
		["arrows", "to the nearest sample that way (on the map)"],
		["Shift arrows", "walk between samples"],
		["Enter", "keep the sample; of a walk, the nearest one"],
		["S", "add the sample to the selection, or take it out"],
		["K", "mask its next peak"],
		["Esc", "back, one step"],
		["Ctrl Z", "undo"],
		["V L H", "read, select, pan"],
		["+ − 0", "zoom, fit"],
		["/", "find"],
		["T", "table of samples"],
		...e.article ? [["R", "the report beside the map"]] : [],
		["C", "compare maps"],
		["M", "map the selection anew"],
		["O", "open files"],
		["E", "export"],
		["Y X", "intensity scale, axis unit"],
		["D", "light or dark"],
		["[ ]", "fold the rail, the spectra"],
		["Space", "play or stop between two samples"]
	], n = [
		["drag a sample", "walk"],
		["drag elsewhere, wheel", "pan, zoom"],
		["Shift drag", "select; Alt takes out"],
		["Shift click", "between the kept sample and this one"],
		["click a peak", "mask it"],
		["drag on spectra", "zoom; Alt masks the range; double click shows all"]
	], r = (e) => D("dl", {}, e.flatMap(([e, t]) => [D("dt", {}, e), D("dd", {}, t)]));
	qn(e, "Keys and gestures", D("h2", {}, "Mouse"), r(n), D("h2", {}, "Keys"), r(t));
}
function Yn(e) {
	qn(e, "Where this map comes from", D("p", {}, X(e.space)), ...At(e.space), D("ul", {}, [...e.space.provenance.notes, ...Object.entries(e.space.provenance.versions).map(([e, t]) => `${e} ${t}`)].map((e) => D("li", {}, e))));
}
function Xn(e) {
	let { space: t } = e, n = [
		"name",
		...t.labels.flatMap((e) => e.columns),
		...t.classes.map((e) => e.name)
	], r = [...t.names.keys()].filter(e.visible).slice(0, 2e3).map((n) => D("tr", {}, D("td", {}, D("button", { onclick: () => {
		document.querySelector("dialog[open]").close(), e.pin(n);
	} }, k(t.names[n]))), t.labels.flatMap((e) => e.columns.map((t, r) => D("td", {}, T(a(e.values, n, r), 2)))), t.classes.map((e) => D("td", { class: "left" }, e.values[n]))));
	qn(e, `${r.length} samples`, D("table", {}, D("thead", {}, D("tr", {}, n.map((e) => D("th", {}, e)))), D("tbody", {}, r)));
}
function Zn(e) {
	let t = D("input", {
		type: "file",
		multiple: !0
	});
	t.addEventListener("change", () => void e.take([...t.files ?? []])), t.click();
}
function Qn() {
	document.querySelector(".menu")?.remove();
}
function $n(e) {
	if (document.querySelector(".menu")) {
		Qn();
		return;
	}
	let t = (e, t) => D("button", {
		role: "menuitem",
		onclick: () => {
			Qn(), t();
		}
	}, e), n = D("div", {
		class: "menu",
		role: "menu"
	}, t("Picture of the screen, PNG", () => Kn(e)), t("Map for a paper, SVG 8.8 cm", () => Gn(e)), t("Spectra for a paper, SVG 18 cm", () => A(`${e.space.title}-spectra.svg`, An({
		...e.curveScene(),
		mode: "overlay",
		curves: Wn(e)
	}), "image/svg+xml")), t("Table of samples, CSV", () => e.csv()), t("Spectra shown, CSV", () => e.spectra()), ...e.shown !== null || e.state.walk ? [t("Spectrum shown, xy", () => Bn(e))] : [], ...e.asked === null ? [] : [t("Spectra with all labels, netCDF", () => Vn(e, "nc")), t("Spectra with all labels, Zarr", () => Vn(e, "zarr"))], t("Lines of Python", () => e.python()), t("Copy the address of this view", () => {
		navigator.clipboard?.writeText(location.href), Q("copied");
	}));
	document.body.append(n), n.firstElementChild.focus();
}
// src/app/asking.ts
function $(e, t) {
	let n = e.space.peaks?.[t];
	if (n) return n;
	let r = `${e.current}:${t}`, i = e.askedPeaks.get(r);
	return i ? i === "asked" ? null : i : (e.asked !== null && (e.askedPeaks.set(r, "asked"), e.server.ask("peaks", {
		space: e.asked,
		sample: t
	}).then((t) => {
		e.askedPeaks.set(r, t), e.draw(!0);
	}).catch(() => e.askedPeaks.delete(r))), null);
}
function er(e, t, n, r) {
	e.asking || (e.asking = r, e.server.ask("decode", {
		space: e.asked,
		points: [[t, n]]
	}).then((t) => {
		e.decoded = {
			curve: Float64Array.from(i(t.spectra, 0)),
			differ: null,
			first: 0,
			key: r
		}, e.asking = "", e.draw(!0);
	}).catch(() => {
		e.asking = "";
	}));
}
function tr(e) {
	if (e.asked === null || e.state.selection.length < 4 || e.busy) return;
	e.busy = "mapping …", e.draw(!0);
	let t = Date.now(), n = setInterval(() => {
		e.busy = `mapping … ${Math.round((Date.now() - t) / 1e3)} s`, e.draw();
	}, 1e3);
	e.server.ask("remap", {
		space: e.asked,
		samples: e.state.selection,
		map: "auto"
	}).then((t) => {
		e.load(t, null), e.busy = "", e.turnTo(e.spaces.length - 1), Q("the selection is mapped anew; the map before stays in its tab");
	}).catch((t) => {
		e.busy = "", Q(t.message), e.draw(!0);
	}).finally(() => clearInterval(n));
}
function nr(e) {
	e.busy = "unmixing …", e.refresh(), e.server.ask("mixtures", { space: 0 }).then((t) => {
		e.load(t, null), e.busy = "", e.turnTo(e.spaces.length - 1);
	}).catch((t) => {
		e.busy = "", Q(t.message), e.refresh();
	});
}
// src/app/masks.ts
function rr(e, t, n) {
	if (e.state.pin === null) {
		if (e.shown === null) return;
		e.state.pin = e.shown;
	}
	let { masks: r } = e.state, i = r.some((e) => e[0] === t && e[1] === n);
	e.set({
		masks: i ? r.filter((e) => e[0] !== t || e[1] !== n) : [...r, [t, n]],
		walk: null,
		between: null
	});
}
function ir(e) {
	let t = e.shown ?? e.state.pin;
	if (t === null) {
		e.say("point at a sample first");
		return;
	}
	let n = $(e, t), r = n ? Array.from(n.start).findIndex((t, r) => !e.state.masks.some((e) => e[0] === t && e[1] === n.stop[r])) : -1;
	n && r >= 0 && e.mask(n.start[r], n.stop[r]);
}
function ar(e) {
	let { state: t, space: n } = e, r = t.pin, o = e.spaces[e.current];
	if (r === null || !t.masks.length) {
		e.moved = null, e.movedKey = "";
		return;
	}
	let s = JSON.stringify([
		e.current,
		r,
		t.masks
	]);
	if (s === e.movedKey) return;
	if (e.movedKey = s, o.model.encodes) {
		e.moved = fe(o.model.encode(i(n.spectra, r)), o.model.encode(pe(n, r, t.masks)));
		return;
	}
	let c = $(e, r), [l, u] = t.masks[0], d = t.masks.length === 1 && c ? Array.from(c.start).findIndex((e, t) => e === l && c.stop[t] === u) : -1;
	if (d >= 0) {
		let t = [a(n.points, r, 0), a(n.points, r, 1)], i = [t[0] + a(c.moved, d, 0), t[1] + a(c.moved, d, 1)], o = c.error[d];
		e.moved = {
			whole: t,
			masked: i,
			members: [i],
			by: c.relevance[d],
			error: Number.isFinite(o) ? o : null
		};
	} else e.asked === null ? e.moved = n.mixture ? "Masks move samples on maps, not between parts." : `Of a map of ${n.provenance.map} this file knows where one listed peak masked alone puts a sample; ranges and several peaks need \`peakscape explore\`.` : (e.moved = null, e.server.ask("mask", {
		space: e.asked,
		sample: r,
		windows: t.masks
	}).then((t) => {
		if (s !== e.movedKey) return;
		let n = (e) => Array.from({ length: e.rows }, (t, n) => [a(e, n, 0), a(e, n, 1)]);
		e.moved = fe(n(t.whole), n(t.masked)), e.draw();
	}).catch((t) => {
		e.moved = t.message, e.draw();
	}));
}
function or(e, t) {
	let n = e.shown ?? e.state.pin;
	if (n === null || e.state.walk) return;
	let r = $(e, n), i = P(e.space, je(e.size(e.curve)[0], e.range, t)), a = e.state.masks.find(([e, t]) => i >= e && i < t);
	if (a) {
		e.mask(a[0], a[1]);
		return;
	}
	if (!r) return;
	let o = [...r.start.keys()].filter((e) => i >= r.start[e] && i < r.stop[e]);
	if (o.length) {
		let t = o.sort((t, n) => Math.abs(P(e.space, r.position[t]) - i) - Math.abs(P(e.space, r.position[n]) - i))[0];
		e.mask(r.start[t], r.stop[t]);
	} else e.say("no listed peak here; Alt and drag masks a range");
}
// src/app/drops.ts
function sr(e, t, n) {
	let r = e.placed.filter((e) => e.error !== null && /wavelength/.test(e.error));
	for (let t of r) t.error = null, ur(e, t, { wavelength: n });
	e.draw(!0);
}
function cr(e) {
	let t = 0, n = (e) => [...e.dataTransfer?.types ?? []].includes("Files");
	window.addEventListener("dragenter", (r) => {
		n(r) && (t++, e.drop.classList.remove("hidden"), e.drop.textContent = e.server ? e.server.kind === "kernel" ? "Drop spectra: the kernel places them" : "Drop spectra: they are placed here and stay on this machine" : "This is a file and cannot read spectra: open the space with `peakscape explore`");
	}), window.addEventListener("dragleave", () => {
		--t <= 0 && (t = 0, e.drop.classList.add("hidden"));
	}), window.addEventListener("dragover", (e) => {
		n(e) && e.preventDefault();
	}), window.addEventListener("drop", (r) => {
		n(r) && (r.preventDefault(), t = 0, e.drop.classList.add("hidden"), e.take([...r.dataTransfer.files]));
	});
}
async function lr(e, t) {
	if (!e.server) {
		Q("a file cannot read spectra: open the space with `peakscape explore`");
		return;
	}
	e.current && !e.space.mixture && e.turnTo(0), Object.assign(e.state, {
		walk: null,
		between: null,
		pin: null
	});
	let n = t.slice(0, 200).map((e) => ({
		file: e.name,
		file_data: e,
		error: null,
		sample: null,
		spectrum: null
	}));
	e.placed.push(...n), e.hoverOf = null, e.draw(!0);
	for (let t of n) await ur(e, t, {});
}
async function ur(e, t, n) {
	try {
		let r = await e.server.upload(t.file_data, n), a = e.placed.indexOf(t);
		if (a < 0) return;
		let s = r.samples.map((e, n) => ({
			...t,
			error: null,
			sample: e,
			spectrum: Float32Array.from(i(o(r.spectra), n))
		}));
		e.placed.splice(a, 1, ...s), e.star === null && (e.star = a), e.say(s.map((e) => `${e.sample.name}: ${e.sample.foreign ? "unlike everything known" : `nearest ${e.sample.nearest}`}`).join(". "));
	} catch (n) {
		t.error = n.message, e.say(`${t.file}: ${t.error}`);
	}
	e.draw(!0);
}
// src/app/bars.ts
function dr(e) {
	let { space: t, state: n } = e, r = e.colours, i = D("canvas", {
		class: "ramp",
		width: 120,
		height: 1
	});
	if (r.range) {
		let t = i.getContext("2d");
		for (let n = 0; n < 120; n++) t.fillStyle = w(C(n / 119, e.dark)), t.fillRect(n, 0, 1, 1);
	}
	let a = (t, r, i) => i ? D("label", { class: "check" }, D("input", {
		type: "checkbox",
		checked: n[r],
		onchange: () => e.set({ [r]: !n[r] })
	}), t) : null, o = r.range ? Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(Math.max(r.range[1] - r.range[0], 1e-9))))) : 0, s = D("canvas", {
		class: "ramp",
		width: 120,
		height: 1
	});
	s.getContext("2d").drawImage(i, 0, 0), fr(e, r, s, Math.min(o, 2));
	let c = [
		a(`painted ${r.title}`, "painted", r.paint !== null),
		t.mixture ? a("intervals, as regions", "spread", !0) : a(`spread of ${t.n_members} networks`, "spread", t.ellipses !== null),
		a("path of the series", "path", r.values !== null),
		a("contours", "contours", r.paint !== null),
		a("which way labels grow", "ways", t.labels.length > 0 && !t.mixture)
	].filter((e) => e !== null);
	O(e.rail, D("h2", { id: "colour" }, "Colour"), D("select", {
		"aria-labelledby": "colour",
		onchange: (t) => e.set({
			colour: t.target.value,
			hidden: []
		})
	}, _e(t).map((e) => D("option", {
		value: e.key,
		selected: e.key === n.colour
	}, e.title))), r.range && i, r.range && D("div", { class: "ends" }, D("span", {}, T(r.range[0], Math.min(o, 2))), D("span", {}, T(r.range[1], Math.min(o, 2)))), r.legend.length ? D("h2", {}, "Show") : null, r.legend.map((t, r) => D("button", {
		class: "entry",
		"aria-pressed": String(!n.hidden.includes(r)),
		title: "hide or show; double click: only this",
		onclick: (t) => mr(e, r, t.detail > 1)
	}, pr(e, t.colour, t.shape), D("span", {}, t.text), D("span", { class: "count" }, String(t.count)))), c.length ? D("h2", {}, "Layers") : null, c, D("h2", {}, "Samples"), D("button", { onclick: () => Xn(e) }, "As a table", D("kbd", {}, "T")));
}
function fr(e, t, n, r) {
	let i = t.legend.slice(0, 9);
	t.range && t.legend.length > 6 ? O(e.legend, D("b", {}, t.title), D("div", { class: "scale" }, T(t.range[0], r), n, T(t.range[1], r))) : O(e.legend, t.title && t.legend.length ? D("b", {}, t.title) : null, i.map((t) => D("div", {}, pr(e, t.colour, t.shape), t.text)), t.legend.length > 9 ? D("div", {}, `and ${t.legend.length - 9} more`) : null);
}
function pr(e, t, n) {
	let r = D("canvas", {
		width: 28,
		height: 28,
		"aria-hidden": "true"
	}), i = r.getContext("2d");
	return r.style.width = r.style.height = "14px", i.scale(2, 2), dn(i, n, 7, 7, 4.6), i.fillStyle = w(t), i.fill(), i.strokeStyle = e.dark ? "#e8ebf0" : "#15181c", i.stroke(), r;
}
function mr(e, t, n) {
	let r = [...e.colours.legend.keys()], { hidden: i } = e.state;
	e.set({ hidden: n ? r.filter((e) => e !== t) : i.includes(t) ? i.filter((e) => e !== t) : [...i, t] });
}
function hr(e) {
	let t = (t, n, r) => D("button", {
		"aria-pressed": String(e.state.tool === t),
		onclick: () => e.tool(t)
	}, n, D("kbd", {}, r));
	O(e.tools, t("read", "Read", "V"), t("select", "Select", "L"), t("pan", "Pan", "H"), D("button", { onclick: () => e.set({ view: null }) }, "Fit", D("kbd", {}, "0")), D("button", {
		disabled: !e.undone.length,
		onclick: () => e.undo()
	}, "Undo", D("kbd", {}, "Ctrl Z")));
}
function gr(e) {
	e.barMode = e.mode();
	let { state: t } = e, n = (e, t, n, r, i) => D("div", {
		class: "group",
		role: "group",
		"aria-label": e
	}, t.map((e) => D("button", {
		"aria-pressed": String(e === r),
		onclick: () => i(e)
	}, n[e]))), r = N(e.space);
	O(e.bar, D("div", { class: "title" }), n("spectra", [
		"overlay",
		"mean",
		"stagger",
		"heat"
	], {
		overlay: "overlay",
		mean: "mean",
		stagger: "stagger",
		heat: "heat"
	}, e.mode(), (t) => e.set({ mode: t })), n("intensity scale", [
		"lin",
		"sqrt",
		"log"
	], {
		lin: "lin",
		sqrt: "√",
		log: "log"
	}, t.scale, (t) => e.set({ scale: t })), r.length > 1 ? n("axis", r, {
		two_theta: "2θ",
		q: "q",
		d: "d",
		energy: "E"
	}, r.includes(t.unit) ? t.unit : r[0], (t) => e.set({ unit: t })) : null);
}
// src/app/maphands.ts
function _r(e, t, n, r) {
	let [i, o] = e.size(e.map), s = e.view();
	if (e.space.names.length > 3e3) {
		let [a, c] = G(s, i, o, t, n);
		return ke(e.space).near(a, c, r / s.scale, e.visible);
	}
	let c = null, l = r;
	for (let r = 0; r < e.space.names.length; r++) {
		if (!e.visible(r)) continue;
		let [u, d] = W(s, i, o, a(e.space.points, r, 0), a(e.space.points, r, 1)), f = Math.hypot(u - t, d - n);
		f < l && (l = f, c = r);
	}
	return c;
}
function vr(e, t, n) {
	let [r, i] = e.size(e.map), a = e.view(), o = e.stars.find(({ place: e }) => {
		let [o, s] = W(a, r, i, ...e);
		return Math.hypot(Math.min(Math.max(o, 18), r - 18) - t, Math.min(Math.max(s, 54), i - 30) - n) < 11;
	});
	return o ? e.placed.indexOf(o.one) : null;
}
function yr(e, t, n) {
	if (!e.live || e.current) return null;
	let [r, i] = e.size(e.map), a = e.view(), o = null, s = 11;
	for (let c of e.live.shown) {
		let [e, l] = W(a, r, i, ...c.coordinates), u = Math.hypot(e - t, l - n);
		u <= s && (s = u, o = c.number);
	}
	return o;
}
function br(e) {
	let { map: t } = e, n = /* @__PURE__ */ new Map(), r = null, i = 0, a = (e) => {
		let n = t.getBoundingClientRect();
		return [e.clientX - n.left, e.clientY - n.top];
	}, o = (n, r, i) => {
		let [a, o] = e.size(t), s = e.view(), [c, l] = G(s, a, o, r, i), u = Math.min(Math.max(s.scale * n, 1e-9), 0xe8d4a51000);
		e.state.view = {
			x: c - (r - a / 2) / u,
			y: l + (i - o / 2) / u,
			scale: u
		}, e.draw(!0);
	};
	t.addEventListener("pointerdown", (o) => {
		let [s, c] = a(o);
		if (n.set(o.pointerId, [s, c]), t.setPointerCapture(o.pointerId), t.focus({ preventScroll: !0 }), n.size === 2) {
			let [t, a] = [...n.values()];
			i = Math.hypot(t[0] - a[0], t[1] - a[1]), r = null, e.lasso = [];
			return;
		}
		let l = vr(e, s, c);
		if (l !== null) {
			e.showStar(l);
			return;
		}
		let u = yr(e, s, c);
		if (u !== null && _r(e, s, c, 6) === null) {
			e.hoverLive = null, e.showLive(u);
			return;
		}
		let d = _r(e, s, c, o.pointerType === "touch" ? 26 : 12), { tool: f } = e.state, p = o.shiftKey && d === null || f === "select" || o.shiftKey && e.state.pin === null;
		r = {
			x: s,
			y: c,
			sample: d,
			view: e.view(),
			act: "none",
			alt: o.altKey
		}, p && (r.act = "lasso", e.lasso = [G(e.view(), ...e.size(t), s, c)]), e.remember();
	}), t.addEventListener("pointermove", (s) => {
		let [c, l] = a(s), u = e.size(t);
		if (n.has(s.pointerId) && n.set(s.pointerId, [c, l]), n.size === 2) {
			let [e, t] = [...n.values()], r = Math.hypot(e[0] - t[0], e[1] - t[1]);
			i > 0 && o(r / i, (e[0] + t[0]) / 2, (e[1] + t[1]) / 2), i = r;
			return;
		}
		if (!r) {
			let t = e.hoverOf, n = e.hoverLive;
			e.hoverLive = s.pointerType === "touch" ? null : yr(e, c, l), e.hoverOf = s.pointerType === "touch" || e.hoverLive !== null && _r(e, c, l, 6) === null ? null : _r(e, c, l, 14), e.hoverOf !== null && (e.hoverLive = null), (t !== e.hoverOf || n !== e.hoverLive) && (e.buildBarIfNeeded(), e.draw());
			return;
		}
		let d = Math.hypot(c - r.x, l - r.y);
		if (r.act === "none" && d > 4 && (r.act = r.sample !== null && e.state.tool !== "pan" && !s.shiftKey ? "walk" : "pan"), r.act === "walk") {
			let t = s.pointerType === "touch" ? 56 : 0, [n, i] = G(e.view(), ...u, c, l - t);
			e.hoverOf = null, e.star = null, e.liveShown = null, e.hoverLive = null, e.moving = !0;
			let a = e.state.walk === null;
			e.state.between = null, e.state.walk = {
				x: n,
				y: i,
				from: r.sample
			}, a && gr(e), e.draw();
		} else if (r.act === "pan") {
			let { view: t } = r;
			e.moving = !0, e.hoverOf = null, e.state.view = {
				x: t.x - (c - r.x) / t.scale,
				y: t.y + (l - r.y) / t.scale,
				scale: t.scale
			}, e.draw();
		} else r.act === "lasso" && d > 3 && (e.lasso.push(G(e.view(), ...u, c, l)), e.draw());
	}), t.addEventListener("pointerup", (t) => {
		n.delete(t.pointerId), i = 0;
		let a = r;
		if (r = null, e.moving = !1, !a) e.draw(!0);
		else {
			if (a.act === "lasso" && e.lasso.length > 3) xr(e, a.alt);
			else if (a.act === "lasso" || a.act === "none") {
				if (e.lasso = [], a.sample !== null && t.shiftKey && e.state.pin !== null && a.sample !== e.state.pin) {
					e.state.between = [
						e.state.pin,
						a.sample,
						0
					], e.hoverOf = null, e.slide(.5), e.refresh();
					return;
				}
				if (a.sample !== null && e.state.tool === "select") {
					let { selection: t } = e.state, n = a.sample;
					e.set({
						selection: t.includes(n) ? t.filter((e) => e !== n) : [...t, n],
						lasso: []
					});
					return;
				}
				a.sample === null ? (e.state.walk || e.state.pin !== null) && e.set({
					walk: null,
					between: null,
					pin: null,
					masks: []
				}) : (e.undone.length && e.undone.pop(), e.hoverOf = null, e.pin(a.sample));
			}
			e.refresh();
		}
	}), t.addEventListener("pointercancel", (t) => {
		n.delete(t.pointerId), r = null, e.moving = !1, e.lasso = [], e.draw(!0);
	}), t.addEventListener("pointerleave", () => {
		r || e.hoverOf === null && e.hoverLive === null || (e.hoverOf = null, e.hoverLive = null, e.buildBarIfNeeded(), e.draw());
	}), t.addEventListener("wheel", (e) => {
		e.preventDefault(), o(Math.exp(-e.deltaY * (e.deltaMode ? .05 : .0016)), ...a(e));
	}, { passive: !1 }), t.addEventListener("dblclick", (t) => {
		_r(e, ...a(t), 12) === null && e.set({ view: null });
	});
}
function xr(e, t) {
	let { space: n } = e, r = e.lasso.filter((t, n) => n % Math.max(1, Math.floor(e.lasso.length / 40)) === 0), i = [...n.names.keys()].filter((t) => e.visible(t) && gn(r, a(n.points, t, 0), a(n.points, t, 1)));
	e.lasso = [];
	let o = t ? e.state.selection.filter((e) => !i.includes(e)) : i;
	Object.assign(e.state, {
		selection: o,
		lasso: t || e.state.hidden.length ? [] : r,
		walk: null,
		between: null,
		pin: null,
		mode: "heat"
	}), e.hoverOf = null, e.star = null, e.refresh();
}
// src/app/curvehands.ts
function Sr(e) {
	let { curve: t } = e, n = null, r = (e) => {
		let n = t.getBoundingClientRect();
		return [e.clientX - n.left, e.clientY - n.top];
	}, i = (n) => {
		let r = je(e.size(t)[0], e.range, n);
		return Math.min(Math.max(r, e.range[0]), e.range[1]);
	};
	t.addEventListener("pointerdown", (e) => {
		let [a] = r(e);
		n = {
			x: a,
			position: i(a),
			alt: e.altKey
		}, t.setPointerCapture(e.pointerId);
	}), t.addEventListener("pointermove", (t) => {
		let [a, o] = r(t);
		if (e.pointer = a >= 68 ? i(a) : null, n && Math.abs(a - n.x) > 4 && (e.dragged = [n.position, i(a)]), !n && e.mode() === "heat") {
			let t = wr(e, o);
			t !== e.heatLight && (e.heatLight = t, Cr(e, t));
		}
		e.draw();
	}), t.addEventListener("pointerup", (t) => {
		let i = n, [a, o] = r(t);
		if (n = null, e.dragged && i) {
			let [n, r] = [...e.dragged].sort((e, t) => e - t);
			e.dragged = null, (i.alt || t.altKey) && (e.state.pin ?? e.shown) !== null ? e.mask(P(e.space, n), Math.max(P(e.space, r), P(e.space, n) + 1)) : P(e.space, r) - P(e.space, n) > 4 && e.set({ range: [n, r] });
		} else if (i) {
			if (e.dragged = null, e.mode() === "heat") {
				let t = wr(e, o);
				t !== null && e.pin(t);
			} else or(e, a);
		}
		e.draw(!0);
	}), t.addEventListener("pointerleave", () => {
		e.pointer = null, e.heatLight = null, Cr(e, null), e.draw();
	}), t.addEventListener("dblclick", () => e.set({ range: null })), t.addEventListener("wheel", (t) => {
		t.preventDefault();
		let n = e.space.axis.values, a = i(r(t)[0]), o = Math.exp(t.deltaY * (t.deltaMode ? .05 : .0016)), s = [Math.max(n[0], a - (a - e.range[0]) * o), Math.min(n[n.length - 1], a + (e.range[1] - a) * o)];
		P(e.space, s[1]) - P(e.space, s[0]) > 8 && (e.state.range = s, e.draw(!0));
	}, { passive: !1 });
}
function Cr(e, t) {
	e.lightOnly = t, t !== null && e.say(e.space.names[t]);
}
function wr(e, t) {
	let n = e.curveScene(), [, r] = e.size(e.curve), i = r - 34 - 40, a = i - 8, o = Math.floor((i - t) / a * n.rows.length);
	return o >= 0 && o < n.rows.length ? n.rows[o] : null;
}
// src/app/keys.ts
function Tr(e) {
	e.root.addEventListener("pointerdown", () => e.root.classList.add("by-hand"), { capture: !0 }), document.addEventListener("keydown", (t) => {
		e.root.classList.remove("by-hand");
		let n = t.target instanceof HTMLInputElement || t.target instanceof HTMLSelectElement || document.querySelector("dialog[open]");
		if (t.key === "Escape" && !document.querySelector("dialog[open]")) {
			document.querySelector(".menu") ? Qn() : e.rail.classList.contains("open") ? e.toggleRail() : e.comparing ? e.compare() : e.clear(), document.activeElement?.tagName === "INPUT" && e.map.focus();
			return;
		}
		if ((t.ctrlKey || t.metaKey) && t.key.toLowerCase() === "z") {
			t.preventDefault(), e.undo();
			return;
		}
		if (n || t.ctrlKey || t.metaKey) return;
		if (document.activeElement === e.map && Er(e, t)) {
			t.preventDefault();
			return;
		}
		let r = {
			"/": () => e.find.focus(),
			c: () => e.compare(),
			e: () => $n(e),
			d: () => e.theme(),
			v: () => e.tool("read"),
			l: () => e.tool("select"),
			h: () => e.tool("pan"),
			0: () => e.set({
				view: null,
				range: null
			}),
			"?": () => Jn(e),
			t: () => Xn(e),
			m: () => e.anew(),
			o: () => Zn(e),
			" ": () => {
				e.state.between && e.play();
			},
			y: () => e.set({ scale: {
				lin: "sqrt",
				sqrt: "log",
				log: "lin"
			}[e.state.scale] }),
			x: () => {
				let t = N(e.space);
				e.set({ unit: t[(t.indexOf(e.state.unit) + 1) % t.length] });
			},
			"[": () => e.root.classList.toggle("no-rail"),
			"]": () => {
				e.root.classList.toggle("no-curve");
			},
			k: () => ir(e),
			r: () => Ar(e)
		}[t.key.length === 1 ? t.key.toLowerCase() : t.key];
		r && !(t.key === " " && document.activeElement instanceof HTMLButtonElement) && (t.preventDefault(), r());
	});
}
function Er(e, t) {
	let n = {
		ArrowLeft: [-1, 0],
		ArrowRight: [1, 0],
		ArrowUp: [0, 1],
		ArrowDown: [0, -1]
	}[t.key];
	if (n && e.state.between && !t.shiftKey) return e.slide(Math.min(1, Math.max(0, e.state.between[2] + .02 * (n[0] || n[1])))), !0;
	if (n && t.shiftKey) {
		let t = e.state.walk ?? (e.shown === null ? null : {
			x: a(e.space.points, e.shown, 0),
			y: a(e.space.points, e.shown, 1),
			from: e.shown
		});
		if (t) {
			e.hoverOf = null;
			let r = 12 / e.view().scale;
			e.state.walk = {
				x: t.x + n[0] * r,
				y: t.y + n[1] * r,
				from: t.from
			}, e.buildBarIfNeeded(), e.draw(!0);
		}
		return !0;
	}
	if (n) return Dr(e, n), !0;
	if (t.key === "Enter") {
		if (e.state.walk) e.nearest();
		else if (e.hoverOf !== null) {
			let t = e.hoverOf;
			e.hoverOf = null, e.pin(t);
		}
		return !0;
	}
	if (t.key === "+" || t.key === "-") {
		let n = e.view();
		return e.state.view = {
			...n,
			scale: n.scale * (t.key === "+" ? 1.25 : .8)
		}, e.draw(!0), !0;
	}
	if (t.key.toLowerCase() === "s" && e.shown !== null) {
		let t = e.shown, { selection: n } = e.state;
		return e.set({
			selection: n.includes(t) ? n.filter((e) => e !== t) : [...n, t],
			lasso: []
		}), !0;
	}
	return !1;
}
function Dr(e, t) {
	let n = e.hoverOf ?? e.state.pin, { space: r } = e, i = r.points;
	if (n === null) {
		e.hoverOf = [...r.names.keys()].find(e.visible) ?? null, e.draw(!0);
		return;
	}
	let o = null, s = Infinity;
	for (let c = 0; c < r.names.length; c++) {
		if (c === n || !e.visible(c)) continue;
		let r = a(i, c, 0) - a(i, n, 0), l = a(i, c, 1) - a(i, n, 1), u = r * t[0] + l * t[1], d = Math.abs(r * t[1]) + Math.abs(l * t[0]);
		if (u <= 0 || d > 2 * u) continue;
		let f = u + 2 * d;
		f < s && (s = f, o = c);
	}
	o !== null && (e.hoverOf = o, e.state.walk = null, e.buildBarIfNeeded(), e.draw(!0));
}
// src/app/frame.ts
function Or(e) {
	let { space: t } = e, n = D("header", {}, D("h1", { title: t.title }, k(t.title)), D("span", { class: "facts" }, `${t.names.length} spectra${t.wavelength ? ` · λ ${+t.wavelength.toPrecision(5)} Å` : ""}`), e.tabs, D("span", { class: "grow" }), e.find, D("datalist", { id: "names" }, [...new Set(t.names)].slice(0, 2e3).map((e) => D("option", { value: e }))), e.article && D("button", {
		class: "report-button",
		"aria-pressed": "true",
		title: "the report beside the map (R)",
		onclick: () => Ar(e)
	}, "Report", D("kbd", {}, "R")), D("button", {
		class: "more",
		onclick: () => e.toggleRail()
	}, "Colour"), D("button", {
		class: "compare",
		onclick: () => e.compare()
	}, "Compare", D("kbd", {}, "C")), D("button", {
		onclick: () => $n(e),
		"aria-haspopup": "menu"
	}, "Export", D("kbd", {}, "E")), D("button", {
		onclick: () => e.theme(),
		"aria-label": "light or dark",
		title: "light or dark (D)"
	}, "◐"), D("button", {
		class: "help",
		onclick: () => Jn(e),
		"aria-label": "keys and gestures",
		title: "keys (?)"
	}, "?"));
	e.place.append(e.map, e.tools, e.legend, e.tag, e.quilt.node, e.drop, e.said);
	let r = D("div", { class: "hold" }, e.curve, e.status), i = D("section", {
		class: "curve",
		"aria-label": "spectra"
	}, e.bar, r), a = D("div", {
		class: "phone",
		role: "toolbar",
		"aria-label": "what a finger does"
	}, D("button", { onclick: () => e.tool("read") }, "Walk"), D("button", { onclick: () => e.tool("select") }, "Select"), D("button", { onclick: () => ir(e) }, "Mask"), D("button", { onclick: () => e.compare() }, "Compare"), D("button", { onclick: () => e.toggleRail() }, "More")), o = D("footer", {}, D("button", {
		class: "made",
		onclick: () => Yn(e),
		title: "the whole caption"
	}, X(t)), D("span", {}, e.server ? e.server.kind === "kernel" ? "answers come from the kernel" : "nothing leaves this machine" : "a file: needs no network"));
	O(e.root, n, e.rail, e.place, e.read, i, o, a), e.article && kr(e, e.article), e.find.addEventListener("input", () => jr(e)), e.find.addEventListener("keydown", (t) => {
		t.key === "Enter" && (jr(e, !0), e.map.focus());
	}), t.live && e.server && (e.live = new Kt(e.server.token, () => e.draw(!0), (t) => e.showLive(t), (t) => {
		let n = e.unit;
		return Xt(t, n, (t) => M(e.spaces[0].space, t, n));
	}), e.place.append(e.live.node), e.live.connect()), br(e), Sr(e), Tr(e), cr(e);
}
function kr(e, t) {
	t.hidden = !1, t.tabIndex = 0, t.setAttribute("aria-label", "report"), e.root.append(t), e.root.classList.add("with-report");
	let n = new Map(e.space.names.map((e, t) => [e, t]));
	for (let e of t.querySelectorAll("td")) n.has(e.textContent.trim()) && e.classList.add("sample");
	t.addEventListener("click", (t) => {
		let r = t.target.closest("td.sample");
		r && (e.current && e.turnTo(0), e.pin(n.get(r.textContent.trim())));
	}), t.prepend(D("button", {
		class: "to-map",
		onclick: () => Ar(e)
	}, "Walk in the map"));
}
function Ar(e) {
	if (!e.article) return;
	let t = e.root.classList.toggle("with-report");
	e.root.querySelector(".report-button")?.setAttribute("aria-pressed", String(t)), e.draw(!0);
}
function jr(e, t = !1) {
	let n = e.find.value.trim().toLowerCase();
	if (!n) return;
	let { names: r } = e.space, i = r.findIndex((e) => e.toLowerCase() === n), a = r.map((e, t) => e.toLowerCase().includes(n) ? t : -1).filter((e) => e >= 0);
	i >= 0 || t && a.length === 1 ? (e.remember(), e.pin(i >= 0 ? i : a[0])) : t && a.length ? (e.remember(), Object.assign(e.state, {
		selection: a,
		lasso: [],
		pin: null,
		walk: null,
		between: null
	}), e.refresh()) : e.say(a.length ? `${a.length} samples; Enter selects them` : "no sample is called so");
}
// src/app/telling.ts
function Mr(e, t) {
	let n = e.bar.querySelector(".title"), { space: r, state: i } = e;
	if (t.lines || e.watching && t.mode === "stagger") O(n, D("b", {}, `Live: the last ${t.lines?.length ?? t.curves.length} spectra, newest on top`));
	else if (t.mode === "heat" || t.curves.length > 3) {
		let a = i.selection.length ? i.selection.length : r.names.length, o = e.colours.title;
		O(n, D("b", {}, `${i.selection.length ? `${a} selected` : `All ${a}`} spectra${t.mode === "heat" ? ", one row each" : t.curves.length < a ? `, ${t.curves.length} of them` : ""}${o && o !== "one colour" ? `, by ${o}` : ""}`));
	} else {
		let r = (e, ...t) => {
			let n = D("i", {});
			return n.style.borderColor = e, D("span", {}, n, t);
		};
		O(n, t.curves.map((e) => r(e.colour, ...k(e.name))), (t.states?.channels ?? []).map((t) => r(Je(t, e.dark), `${t} states of the absorber`)));
	}
	let { pointer: a } = e;
	if (a === null) {
		e.status.textContent = "";
		return;
	}
	let o = N(r).map((e) => `${j[e].split(" ")[0]} ${T(M(r, a, e), e === "energy" ? 1 : 3)}`), s = t.curves.at(-1), c = P(r, a), l = s?.values[c - s.first], [u] = e.size(e.curve), d = Qe(e.phases, a, 6 * (e.range[1] - e.range[0]) / Math.max(u, 1)), f = t.states?.channels.flatMap((e, n) => {
		let r = Ye(t.states, n, a);
		return r === null ? [] : [`${e} ${T(r, 3)} /eV`];
	}) ?? [];
	e.status.textContent = [
		d ? `${d.phase} ${d.hkl}` : "",
		...o,
		l === void 0 || t.mode === "heat" ? "" : `I ${T(l, 3)}`,
		...f
	].filter(Boolean).join("   ");
}
function Nr(e, t) {
	let [n, r] = e.size(e.map), { walk: i } = e.state;
	if (e.comparing) {
		e.tag.classList.add("hidden");
		return;
	}
	let o = null, s = 1, c = !1, l = [];
	if (e.hoverOf !== null) {
		let i = e.hoverOf, { space: s } = e;
		o = W(t.view, n, r, a(s.points, i, 0), a(s.points, i, 1));
		let c = Pr(e).map(({ l: e, c: t }) => `${e.columns[t]} ${T(a(e.values, i, t), 2)}`);
		l = [[D("b", {}, k(s.names[i]))], [[...c, ...s.classes.slice(0, 1).map((e) => e.values[i])].join(", ") || `differs from its nearest by ${+s.nearest.distance[i].toPrecision(2)}`]];
	} else if (e.hoverLive !== null && e.live?.row(e.hoverLive)) {
		let i = e.live.row(e.hoverLive);
		o = W(t.view, n, r, ...i.coordinates), l = [[D("b", {}, `${i.number}: `, k(i.name))], [i.foreign ? "unlike everything known" : `nearest ${i.nearest ?? "not told"}`]];
	} else if (i) {
		let u = e.walkNow(), d = i.from;
		o = W(t.view, n, r, i.x, i.y), d !== null && a(e.space.points, d, 0) < i.x && (s = -1), c = !u.known;
		let { mixture: f } = e.space, p = f && u.known ? _t(f, i.x, i.y) : null, m = f ? p?.map((e, t) => `${f.names[t]} ${T(Math.max(e, 0), 2)}`) ?? [] : u.known ? Pr(e).map(({ l: e, c: t }) => {
			let n = x(e, i.x, i.y), r = (n.upper[t] - n.lower[t]) / 2, a = we(r > 0 ? r / 3 : .01);
			return `${e.columns[t]} ${T(e.name === "composition" ? Math.max(n.value[t], 0) : n.value[t], a)} ± ${T(r, a)}`;
		}) : [];
		l = c ? [[D("b", {}, f ? "outside the parts" : "nothing known here")], [f ? "no mixture of these parts" : `nearest sample ${T(u.spacings, 1)} spacings away`]] : [[D("b", {}, m.join("  ") || "between samples")], [e.spaces[e.current].model.decodes ? "decoded, not a sample" : "a place, not a sample"]];
	}
	if (e.tag.classList.toggle("hidden", o === null), e.tag.classList.toggle("unknown", c), !o) return;
	O(e.tag, l.map((e) => D("div", {}, e)));
	let u = s > 0 ? o[0] + 22 : o[0] - 304;
	e.tag.style.left = `${Math.max(4, Math.min(u < 4 ? o[0] + 22 : u, n - 286))}px`, e.tag.style.top = `${Math.max(4, Math.min(o[1] - 58, r - 54))}px`;
}
function Pr(e) {
	return e.space.labels.flatMap((t, n) => t.columns.map((r, i) => ({
		l: t,
		c: i,
		first: e.colours.paint?.label === n && e.colours.paint.column === i
	}))).filter(({ l: e, c: t }) => Fr(e, t)).sort((e, t) => Number(t.first) - Number(e.first)).slice(0, 2);
}
function Fr(e, t) {
	let n = a(e.values, 0, t);
	for (let r = 1; r < e.values.rows; r++) if (a(e.values, r, t) !== n) return !0;
	return !1;
}
function Ir(e) {
	let { space: t, state: n } = e, r = e.shown, i = JSON.stringify([
		e.current,
		r,
		n.walk,
		n.between,
		e.playing > 0,
		n.masks,
		n.selection.length ? n.selection : 0,
		e.star,
		e.placed.map((e) => [
			e.file,
			e.error,
			!!e.sample
		]),
		e.busy,
		e.served,
		e.liveShown,
		e.hoverLive,
		e.watching?.at(-1)?.number,
		n.unit,
		typeof e.moved == "object" ? e.moved?.by : e.moved,
		r !== null && !!$(e, r),
		e.decoded?.key,
		e.lead
	]);
	if (i !== e.readingKey) {
		if (e.readingKey = i, n.walk && e.hoverOf === null) {
			let r = e.walkNow(), i = e.decodeNow(), a = t.labels.map((e) => x(e, n.walk.x, n.walk.y)), o = e.read.querySelector("input[type=range]"), s = o && document.activeElement === o, c = Ft(t, {
				...n.walk,
				...r,
				differ: i?.differ ?? null,
				fractions: t.mixture ? _t(t.mixture, n.walk.x, n.walk.y) : null,
				readings: a,
				decodes: i !== null,
				between: n.between,
				playing: e.playing > 0,
				lead: e.lead
			}, e);
			if (s) {
				let t = c.findIndex((e) => e instanceof HTMLInputElement);
				if (t >= 0) {
					o.value = String(n.between[2]), [...e.read.childNodes].forEach((e) => {
						e !== o && e.remove();
					}), o.before(...c.slice(0, t)), o.after(...c.slice(t + 1));
					return;
				}
			}
			O(e.read, c);
		} else if (r !== null) {
			let i = N(t).includes(n.unit) ? n.unit : N(t)[0];
			O(e.read, Mt(t, r, {
				peaks: $(e, r),
				phases: e.phases,
				masks: r === n.pin ? n.masks : [],
				moved: e.moved,
				unit: i,
				position: (e) => M(t, e, i),
				pinned: r === n.pin,
				lead: e.lead
			}, e));
		} else e.live && (e.watching || e.focus && e.star === null) ? O(e.read, zt(t, e.live.shown, e.focus?.sample ?? null, e)) : e.placed.length && (!e.current || t.mixture) ? O(e.read, Rt(t, e.placed, e.star, e)) : n.selection.length ? O(e.read, Lt(t, n.selection, e.asked !== null, e.served ? t.mixture ? "Samples are mapped anew from the first tab." : "This map was made anew in this page: select in the first tab to map again." : e.server ? "Nobody answers: nothing can be mapped anew." : "Mapping anew needs `peakscape explore`: this is a file.", e.busy, e, e.lead)) : O(e.read, kt(t, e.server !== null));
		Lr(e, r);
	}
}
function Lr(e, t) {
	e.moving || (t === null ? e.state.walk && !e.walkNow().known ? e.say("nothing known here") : e.state.selection.length && e.say(`${e.state.selection.length} samples selected`) : e.say(`${e.space.names[t]}. ${e.space.labels.map((e) => `${e.name} ${e.columns.filter((t, n) => Fr(e, n)).map((n) => `${n} ${T(a(e.read, t, e.columns.indexOf(n)), 2)}`).join(", ")}`).join(". ")}`));
}
// src/app/app.ts
var Rr = [], zr = class {
	root;
	server;
	article;
	state;
	first;
	spaces = [];
	current = 0;
	hoverOf = null;
	moved = null;
	movedKey = "";
	decoded = null;
	lasso = [];
	placed = [];
	star = null;
	live = null;
	liveShown = null;
	hoverLive = null;
	pointer = null;
	dragged = null;
	undone = [];
	comparing = !1;
	busy = "";
	playing = 0;
	moving = !1;
	frame = 0;
	askedPeaks = /* @__PURE__ */ new Map();
	painter = new rn();
	colours = null;
	coloursKey = "";
	map = D("canvas", {
		class: "main",
		tabIndex: 0,
		role: "application",
		"aria-label": "map of the samples: arrows walk from sample to sample, Enter keeps one, Shift with arrows walks between them"
	});
	curve = D("canvas", {
		tabIndex: -1,
		role: "img",
		"aria-label": "spectra"
	});
	tag = D("div", { class: "tag hidden" });
	read = D("aside", {
		class: "read",
		"aria-label": "reading"
	});
	rail = D("nav", {
		class: "rail",
		"aria-label": "colour and layers"
	});
	legend = D("div", {
		class: "legend",
		"aria-hidden": "true"
	});
	bar = D("div", { class: "bar" });
	status = D("div", { class: "status" });
	said = D("div", {
		class: "sr",
		role: "status",
		"aria-live": "polite"
	});
	tabs = D("div", {
		class: "group",
		role: "group",
		"aria-label": "maps"
	});
	tools = D("div", {
		class: "tools",
		role: "toolbar",
		"aria-label": "tools of the map"
	});
	place = D("section", {
		class: "map",
		"aria-label": "map"
	});
	drop = D("div", { class: "drop hidden" }, "Drop spectra: they are placed here and stay on this machine");
	find = D("input", {
		placeholder: "Find sample  /",
		class: "find",
		"aria-label": "find a sample by its name",
		list: "names",
		size: 14
	});
	constructor(e, t, n, r = null) {
		this.root = e, this.server = n, this.article = r, [t, ...t.others ?? []].forEach((e, t) => this.load(e, n ? t : null));
	}
	get space() {
		return this.spaces[this.current].space;
	}
	get dark() {
		return this.state.theme === "dark" || this.state.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches;
	}
	get asked() {
		return this.served ? this.spaces[this.current].asked : null;
	}
	get served() {
		return this.server !== null && !this.server.gone;
	}
	load(e, t) {
		let n = at(e);
		this.spaces.push({
			space: e,
			model: new y(e.decoder),
			mean: n,
			range: it(e, n),
			state: "",
			asked: t
		});
	}
	begin() {
		let e = this.space.axis.name;
		this.first = _n(ve(this.space), e, this.space.kind === "absorption" ? "lin" : "sqrt"), this.fromText(location.hash), Or(this), window.addEventListener("hashchange", () => {
			this.fromText(location.hash), this.refresh();
		}), matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.refresh()), new ResizeObserver(() => this.draw()).observe(this.place), new ResizeObserver(() => this.draw()).observe(this.curve.parentElement), this.refresh();
	}
	fromText(e) {
		let t = Number(new URLSearchParams(e.replace(/^#/, "")).get("n") ?? 0);
		Number.isInteger(t) && t >= 0 && t < this.spaces.length && (this.current = t), this.state = this.decoded_(e);
	}
	decoded_(e) {
		let { space: t } = this;
		return xn(e, this.first, t.names.length, t.axis.values.length, (e) => [...t.names.keys()].filter((n) => gn(e, a(t.points, n, 0), a(t.points, n, 1))));
	}
	remember() {
		let e = bn(this.state, this.first);
		this.undone.at(-1) !== e && this.undone.push(e), this.undone.length > 100 && this.undone.shift();
	}
	undo() {
		let e = this.undone.pop();
		e !== void 0 && (this.state = this.decoded_(e), this.refresh(), this.say("undone"));
	}
	say(e) {
		this.said.textContent = e;
	}
	set(e) {
		this.remember(), Object.assign(this.state, e), this.refresh();
	}
	refresh() {
		document.documentElement.classList.toggle("dark", this.dark);
		let { space: e, state: t } = this;
		_e(e).some((e) => e.key === t.colour) || (t.colour = ve(e));
		let n = `${this.current}|${t.colour}|${this.dark}`;
		n === this.coloursKey && this.colours || (this.colours = ye(e, t.colour, this.dark), this.coloursKey = n), O(this.tabs, this.spaces.map((e, t) => D("button", {
			"aria-pressed": String(t === this.current),
			title: e.space.title,
			onclick: () => this.turnTo(t)
		}, this.tabName(e))), this.served && (this.spaces[0].space.parts?.length ?? 0) > 1 && !this.spaces.some((e) => e.space.mixture) && D("button", {
			class: "mixtures",
			"aria-pressed": "false",
			disabled: this.busy !== "",
			title: `samples between ${this.spaces[0].space.parts.join(", ")}`,
			onclick: () => nr(this)
		}, this.busy || "Mixtures")), dr(this), hr(this), gr(this), ar(this), this.draw(!0);
	}
	tabName(e) {
		return !e.space.mixture && this.spaces.indexOf(e) && e.space.names.length !== this.spaces[0].space.names.length ? `${e.space.names.length} anew: ${e.space.provenance.map}` : e.space.provenance.map;
	}
	tool(e) {
		this.state.tool = e, hr(this), this.draw();
	}
	theme() {
		this.set({ theme: this.dark ? "light" : "dark" });
	}
	toggleRail() {
		this.rail.classList.toggle("open");
	}
	turnTo(e) {
		let t = this.spaces[this.current], n = this.state.selection.map((e) => t.space.names[e]);
		t.state = bn(this.state, this.first), this.current = e, this.undone = [], this.decoded = null, this.hoverOf = null;
		let r = this.spaces[e], i = this.state, a = new Set(n), o = i.pin === null ? null : t.space.names[i.pin];
		this.state = {
			...this.decoded_(r.state),
			theme: i.theme,
			colour: i.colour,
			scale: i.scale,
			unit: i.unit,
			mode: i.mode
		}, n.length && Object.assign(this.state, {
			selection: [...r.space.names.keys()].filter((e) => a.has(r.space.names[e])),
			lasso: []
		});
		let s = o === null ? -1 : r.space.names.indexOf(o);
		this.state.pin = s >= 0 ? s : null, this.refresh();
	}
	visible = (e) => !this.state.hidden.includes(this.colours.entry[e]);
	get lead() {
		return this.colours?.paint?.label ?? 0;
	}
	get unit() {
		let e = N(this.space);
		return e.includes(this.state.unit) ? this.state.unit : e[0];
	}
	get focus() {
		let e = this.current ? null : this.live?.row(this.hoverLive ?? this.liveShown);
		return e ? {
			file: e.name,
			file_data: new File([], e.name),
			error: null,
			sample: e,
			spectrum: e.spectrum
		} : this.star === null ? null : this.placed[this.star] ?? null;
	}
	get watching() {
		let { state: e } = this, t = this.live && !this.current ? this.live.shown : [];
		return t.length && !e.walk && this.shown === null && !e.selection.length && !this.placed.length && this.focus === null ? t : null;
	}
	showLive(e) {
		this.current && this.turnTo(0), this.liveShown = this.liveShown === e ? null : e, this.star = null, Object.assign(this.state, {
			walk: null,
			between: null,
			pin: null
		}), this.hoverOf = null, this.refresh();
	}
	get shown() {
		return this.hoverOf ?? (this.state.walk ? null : this.state.pin);
	}
	mode() {
		return this.state.walk || this.shown !== null || this.focus?.spectrum ? this.state.mode === "stagger" ? "stagger" : "overlay" : this.state.selection.length ? this.state.mode : this.state.mode === "overlay" ? "heat" : this.state.mode;
	}
	get range() {
		return this.state.range ?? this.spaces[this.current].range;
	}
	at(e, t) {
		let n = this.spaces[this.current].model.decode(e, t, 0, this.space.axis.values.length), r = de(this.space, e, t);
		return {
			curve: n ? Array.from(n.curve) : null,
			readings: this.space.labels.map((n) => x(n, e, t)),
			spacings: r.spacings,
			known: r.spacings <= this.space.reach
		};
	}
	masked(e, t) {
		let { model: n, space: r } = this.spaces[this.current];
		return n.encodes ? fe(n.encode(i(r.spectra, e)), n.encode(pe(r, e, t))) : null;
	}
	walkNow() {
		let { x: e, y: t } = this.state.walk, { mixture: n } = this.space, r = de(this.space, e, t);
		return {
			...r,
			known: n ? vt(_t(n, e, t)) : r.spacings <= this.space.reach
		};
	}
	decodeNow() {
		let { walk: e } = this.state, t = this.spaces[this.current];
		if (!e) return null;
		let [n, r] = F(this.space, this.range), i = [
			this.current,
			e.x,
			e.y,
			n,
			r
		].join();
		return this.decoded?.key === i || (t.model.decodes ? this.decoded = {
			...t.model.decode(e.x, e.y, n, r),
			first: n,
			key: i
		} : this.asked !== null && this.space.decoder.kind === "none" && this.space.decoder.server_decodes ? er(this, e.x, e.y, i) : this.decoded = null), this.decoded;
	}
	asking = "";
	middleKept = null;
	rowsKept = null;
	scene() {
		return In(this);
	}
	get stars() {
		let { mixture: e } = this.space, t = (t) => this.current ? e && t.fraction ? gt(e, t.fraction) : null : t.coordinates;
		return this.placed.flatMap((e) => {
			let n = e.sample && t(e.sample);
			return n ? [{
				one: e,
				place: n
			}] : [];
		});
	}
	curveScene() {
		return Ln(this);
	}
	byName = null;
	statesOf(e) {
		let t = this.spaces[0].space;
		return this.byName ??= new Map((t.states ?? []).map((e) => [e.name, e])), t.axis.name === this.space.axis.name ? this.byName.get(this.space.names[e]) ?? null : null;
	}
	get phases() {
		let e = this.spaces[0].space;
		return e.axis.name === this.space.axis.name ? e.lines ?? [] : [];
	}
	size(e) {
		let t = e.getBoundingClientRect();
		return [t.width, t.height];
	}
	view() {
		let [e, t] = this.size(this.map);
		return this.state.view ?? an(this.space, e, t, this.stars.map(({ place: e }) => e));
	}
	panels = !1;
	draw(e = !1) {
		this.panels ||= e, this.frame ||= requestAnimationFrame(() => {
			this.frame = 0, this.drawNow();
		});
	}
	drawNow() {
		this.buildBarIfNeeded();
		let e = this.scene(), t = this.ready(this.map), [n, r] = this.size(this.map);
		n > 0 && r > 0 && on(t, n, r, e, this.painter, this.moving);
		let i = this.curveScene(), [a, o] = this.size(this.curve);
		a > 0 && o > 80 && Ne(this.ready(this.curve), a, o, i), Mr(this, i), Nr(this, e), Ir(this), this.quilt.draw(), this.panels && (this.panels = !1, this.keepAddress());
	}
	ready(e) {
		let [t, n] = this.size(e), r = window.devicePixelRatio || 1, i = e.getContext("2d", { willReadFrequently: !0 });
		return (e.width !== Math.round(t * r) || e.height !== Math.round(n * r)) && (e.width = Math.round(t * r), e.height = Math.round(n * r)), i.setTransform(r, 0, 0, r, 0, 0), i;
	}
	viewTold = "";
	taken(e, t) {
		if (e && e !== this.viewTold) {
			this.viewTold = e, this.fromText(e), this.refresh();
			return;
		}
		let n = t.filter((e) => Number.isInteger(e) && e >= 0 && e < this.space.names.length);
		n.join() !== this.state.selection.join() && this.set({
			selection: n,
			lasso: [],
			pin: null,
			walk: null,
			between: null
		});
	}
	keeping = 0;
	keepAddress() {
		clearTimeout(this.keeping), this.keeping = window.setTimeout(() => {
			if (this.current > (this.spaces[0].space.others ?? []).length) return;
			let e = [this.current ? `n=${this.current}` : "", bn(this.state, this.first)].filter(Boolean).join("&");
			this.server?.show(this.viewTold = e, this.state.selection);
			try {
				history.replaceState(null, "", `${location.pathname}${location.search}${e ? `#${e}` : ""}`);
			} catch {}
		}, 150);
	}
	readingKey = "";
	mask(e, t) {
		rr(this, e, t);
	}
	pin(e) {
		this.star = null, this.liveShown = null, this.set({
			pin: e,
			walk: null,
			between: null,
			masks: e === this.state.pin ? this.state.masks : []
		}), this.bringIntoView(e);
	}
	bringIntoView(e) {
		let [t, n] = this.size(this.map), [r, i] = W(this.view(), t, n, a(this.space.points, e, 0), a(this.space.points, e, 1));
		(r < 0 || i < 0 || r > t || i > n) && this.set({ view: {
			...this.view(),
			x: a(this.space.points, e, 0),
			y: a(this.space.points, e, 1)
		} });
	}
	clear() {
		this.stop();
		let { state: e } = this;
		this.liveShown === null ? this.star !== null || this.placed.length && !e.walk && e.pin === null ? (this.star = null, this.placed = [], this.refresh()) : e.walk || e.between ? this.set({
			walk: null,
			between: null
		}) : e.masks.length ? this.set({ masks: [] }) : e.pin === null ? e.selection.length && this.set({
			selection: [],
			lasso: []
		}) : this.set({ pin: null }) : (this.liveShown = null, this.refresh());
	}
	nearest() {
		this.pin(this.walkNow().number);
	}
	csv() {
		Rn(this);
	}
	spectra() {
		zn(this);
	}
	python() {
		Un(this);
	}
	anew() {
		tr(this);
	}
	slide(e) {
		let { between: t } = this.state;
		if (!t) return;
		let [n, r] = t, i = this.space.points;
		this.state.between = [
			n,
			r,
			e
		], this.state.walk = {
			x: a(i, n, 0) * (1 - e) + a(i, r, 0) * e,
			y: a(i, n, 1) * (1 - e) + a(i, r, 1) * e,
			from: n
		}, this.draw(!0);
	}
	play() {
		if (this.playing) {
			this.stop();
			return;
		}
		let e = performance.now(), t = (n) => {
			let r = (this.state.between?.[2] ?? 1) + (n - e) / 6e3;
			e = n, !this.state.between || r >= 1 ? (this.state.between && this.slide(1), this.stop()) : (this.slide(r), this.playing = requestAnimationFrame(t));
		};
		this.state.between && this.state.between[2] >= 1 && this.slide(0), this.playing = requestAnimationFrame(t);
	}
	stop() {
		this.playing && cancelAnimationFrame(this.playing), this.playing = 0, this.draw();
	}
	wavelength(e, t) {
		sr(this, e, t);
	}
	take(e) {
		return lr(this, e);
	}
	showStar(e) {
		this.star = this.star === e ? null : e, Object.assign(this.state, {
			walk: null,
			between: null,
			pin: null
		}), this.refresh();
	}
	barMode = "";
	buildBarIfNeeded() {
		this.mode() !== this.barMode && (this.barMode = this.mode(), gr(this));
	}
	heatLight = null;
	lightOnly = null;
	compare() {
		this.comparing = !this.comparing, this.comparing && (this.hoverOf = null), this.quilt.show(this.comparing), this.draw(!0);
	}
	quilt = new Sn({
		maps: () => this.spaces.map((e) => ({
			space: e.space,
			title: this.tabName(e)
		})),
		served: () => this.server !== null,
		ready: (e) => {
			let t = this.size(e);
			return [this.ready(e), ...t];
		},
		sight: () => {
			let { space: e, state: t } = this, n = (t) => t === null ? null : e.names[t];
			return {
				colour: t.colour,
				dark: this.dark,
				selected: new Set(t.selection.map((t) => e.names[t])),
				hover: n(this.hoverOf ?? this.lightOnly),
				pin: n(t.pin),
				empty: {
					...this.scene(),
					visible: () => !0,
					hides: !1,
					walk: null,
					arrow: null,
					stars: [],
					star: null,
					live: null,
					between: null,
					spread: !1,
					path: !1,
					contours: !1,
					ways: !1
				}
			};
		},
		hoverName: (e) => {
			let t = e === null ? -1 : this.space.names.indexOf(e), n = t < 0 ? null : t;
			n !== this.hoverOf && (this.hoverOf = n, this.buildBarIfNeeded(), this.draw());
		},
		pinName: (e) => {
			let t = this.space.names.indexOf(e);
			t >= 0 ? (this.hoverOf = null, this.pin(t)) : Q(`${e} is not in the map that is open`);
		},
		chooseNames: (e, t) => {
			let n = [...this.space.names.keys()].filter((t) => e.has(this.space.names[t])), r = new Set(n);
			this.hoverOf = null, this.set({
				selection: t ? this.state.selection.filter((e) => !r.has(e)) : n,
				lasso: [],
				pin: null,
				walk: null,
				between: null,
				mode: "heat"
			});
		},
		open: (e) => {
			this.compare(), this.turnTo(e);
		}
	});
}, Br = class {
	onGone;
	gone = !1;
	constructor(e) {
		this.onGone = e;
	}
	async ask(e, n, r) {
		return t(await this.bytes(e, n, null, r));
	}
	async upload(e, n) {
		return t(await this.bytes("place", {
			name: e.name,
			...n
		}, e));
	}
	went(e) {
		this.gone !== e && (this.gone = e, this.onGone(e));
	}
	show(e, t) {}
}, Vr = class extends Br {
	kind = "server";
	token = new URLSearchParams(location.search).get("token") ?? "";
	async bytes(e, t, n, r) {
		let i, a = n ?? (t === void 0 ? void 0 : JSON.stringify(t)), o = n ? `${e}?${new URLSearchParams(t)}` : e;
		try {
			i = await fetch(o, {
				method: a === void 0 ? "GET" : "POST",
				body: a,
				signal: r,
				headers: { "x-peakscape-token": this.token }
			});
		} catch (e) {
			throw e.name === "AbortError" ? e : (this.went(!0), Error("the server has gone; start `peakscape explore` again"));
		}
		if (this.went(!1), !i.ok) {
			let e = await i.json().catch(() => ({ error: `the server answered ${i.status}` }));
			throw Error(e.error);
		}
		return i.arrayBuffer();
	}
}, Hr = 2e4, Ur = class extends Br {
	kind = "kernel";
	token = "";
	onView = null;
	held = null;
	own = Math.random().toString(36).slice(2);
	count = 0;
	told = "";
	waiting = /* @__PURE__ */ new Map();
	constructor(e) {
		super(e), window.addEventListener("message", (e) => {
			e.source === window.parent && e.data?.peakscape === "kernel" && this.heard(e.data);
		});
	}
	listen(e) {
		this.onView = e, this.held && this.heard(this.held);
	}
	heard(e) {
		if (e.id === void 0) {
			this.held = e, this.onView?.(e.view ?? "", e.selection ?? []);
			return;
		}
		let t = this.waiting.get(e.id);
		t && (this.went(!1), e.error === void 0 ? (t.pieces[e.piece ?? 0] = e.data, t.pieces.filter(Boolean).length < (e.of ?? 1) || (this.waiting.delete(e.id), new Blob(t.pieces).arrayBuffer().then(t.done, t.failed))) : (this.waiting.delete(e.id), t.failed(Error(e.error))));
	}
	async bytes(e, t, n) {
		let r = `${this.own}${++this.count}`, i = n ? await n.arrayBuffer() : null;
		return new Promise((n, a) => {
			this.waiting.set(r, {
				pieces: [],
				done: n,
				failed: a
			}), window.parent.postMessage({
				peakscape: "page",
				id: r,
				path: e,
				told: t ?? {},
				file: i
			}, "*", i ? [i] : []), setTimeout(() => {
				this.waiting.has(r) && this.went(!0);
			}, Hr);
		});
	}
	show(e, t) {
		let n = JSON.stringify([e, t]);
		n !== this.told && (this.told = n, window.parent.postMessage({
			peakscape: "page",
			view: e,
			selection: t
		}, "*"));
	}
};
// src/main.ts
async function Wr() {
	let e = document.getElementById("app"), n = document.getElementById("space"), r = document.documentElement.dataset.door === "notebook";
	e.append(D("p", {
		class: "start",
		role: "status"
	}, "Opening the space …"));
	let i = D("div", {
		class: "banner hidden",
		role: "alert"
	}, r ? "The kernel does not answer: it is busy, or has gone. What is loaded still works." : "The server has gone. What is loaded still works; start `peakscape explore` again for the rest.");
	document.body.append(i);
	let a = (e) => {
		i.classList.toggle("hidden", !e);
	}, o = r ? new Ur(a) : null, s = n ? null : o ?? new Vr(a);
	try {
		let r = n ? await t(await Gr(n.textContent)) : await s.ask("space");
		n?.remove(), document.title = r.title;
		let i = new zr(e, r, s, document.getElementById("report"));
		Object.assign(window, { peakscape: i }), i.begin(), o?.listen((e, t) => i.taken(e, t));
	} catch (t) {
		e.replaceChildren(D("p", {
			class: "start",
			role: "alert"
		}, `The space cannot be opened: ${t.message}`));
	}
}
async function Gr(e) {
	let t = atob(e.trim()), n = new Uint8Array(t.length);
	for (let e = 0; e < n.length; e++) n[e] = t.charCodeAt(e);
	return n.buffer;
}
Wr();
