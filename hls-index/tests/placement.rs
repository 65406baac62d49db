//! Where segments lie, and in what order servers are asked.

use hls_index::{
    Ahead, MediaPlaylist, MediaSequence, MultivariantPlaylist, Placement, PlacementError,
    Replacement, ServerNumber, Ticks, UriTemplate,
};

fn candidates(placement: &Placement, sequence: u64, name: &str) -> Vec<String> {
    placement.candidates_of(MediaSequence(sequence), name).map(|place| place.uri).collect()
}

fn ids(placement: &Placement, sequence: u64) -> Vec<&str> {
    placement.servers_of(MediaSequence(sequence)).iter().map(|server| server.id()).collect()
}

fn two_servers() -> (Placement, ServerNumber, ServerNumber) {
    let mut placement = Placement::new();
    let a = placement.add_server("a", "https://a.example.com/x/").unwrap();
    let b = placement.add_server("b", "https://b.example.com/y/index.m3u8").unwrap();
    (placement, a, b)
}

#[test]
fn a_run_holds_until_the_next() {
    let (mut placement, a, b) = two_servers();
    assert_eq!(candidates(&placement, 0, "s.ts"), [""; 0]);
    placement.place(MediaSequence(5), &[a]).unwrap();
    placement.place(MediaSequence(8), &[b, a]).unwrap();
    placement.place(MediaSequence(9), &[]).unwrap();
    placement.place(MediaSequence(u64::MAX), &[b]).unwrap();
    assert_eq!(ids(&placement, 4), [""; 0]);
    assert_eq!(ids(&placement, 5), ["a"]);
    assert_eq!(ids(&placement, 7), ["a"]);
    assert_eq!(ids(&placement, 8), ["b", "a"]);
    assert_eq!(ids(&placement, u64::MAX - 1), [""; 0]);
    assert_eq!(ids(&placement, u64::MAX), ["b"]);
    assert_eq!(
        candidates(&placement, 8, "../s.ts"),
        ["https://b.example.com/s.ts", "https://a.example.com/s.ts"]
    );
    assert_eq!(
        candidates(&placement, 5, "http://c.example.com/s.ts"),
        ["http://c.example.com/s.ts"],
        "an absolute URI is the same everywhere"
    );
}

#[test]
fn runs_come_in_order_and_name_servers_that_are_there() {
    let (mut placement, a, b) = two_servers();
    placement.place(MediaSequence(5), &[a]).unwrap();
    placement.place(MediaSequence(5), &[b]).unwrap();
    assert_eq!(ids(&placement, 5), ["b"], "a second run at the same segment");
    assert_eq!(placement.place(MediaSequence(4), &[a]), Err(PlacementError::OutOfOrder));
    assert_eq!(placement.add_server("a", "x"), Err(PlacementError::DuplicateServer));
    let mut other = Placement::new();
    assert_eq!(other.place(MediaSequence(0), &[a]), Err(PlacementError::NoSuchServer));
    let names = UriTemplate::new("s", 0, ".ts");
    assert_eq!(Placement::new().place_as(a, names, 1), Err(PlacementError::OutOfOrder));
    assert_eq!(
        placement.clone_pathway("z", "y", Replacement::new()),
        Err(PlacementError::NoSuchServer)
    );
}

#[test]
fn a_server_may_have_names_of_its_own() {
    let (mut placement, a, b) = two_servers();
    placement.place(MediaSequence(100), &[a]).unwrap();
    placement.place_as(b, UriTemplate::new("archive/", 6, ".ts"), 1).unwrap();
    assert_eq!(
        candidates(&placement, 102, "v_102.ts"),
        ["https://a.example.com/x/v_102.ts", "https://b.example.com/y/archive/000003.ts"]
    );
}

#[test]
fn steering_sets_the_order() {
    let (mut placement, a, b) = two_servers();
    let c = placement.add_server("c", "https://c.example.com/").unwrap();
    placement.place(MediaSequence(0), &[a, b, c]).unwrap();
    placement.steer(["c", "unknown", "b", "c"]);
    assert_eq!(ids(&placement, 0), ["c", "b", "a"]);
    placement.steer(["a"]);
    assert_eq!(ids(&placement, 0), ["a", "b", "c"]);
    placement.steer([]);
    assert_eq!(ids(&placement, 0), ["a", "b", "c"]);
}

#[test]
fn a_pathway_clone_has_what_its_original_has() {
    let (mut placement, a, b) = two_servers();
    placement.place(MediaSequence(0), &[a, b]).unwrap();
    placement.place(MediaSequence(10), &[b]).unwrap();
    let replacement = Replacement::new().host("backup.example.com:8443").parameter("t", "1");
    placement.clone_pathway("a", "a2", replacement).unwrap();
    assert_eq!(ids(&placement, 0), ["a", "a2", "b"]);
    assert_eq!(ids(&placement, 10), ["b"]);
    assert_eq!(
        candidates(&placement, 0, "s.ts?q=2")[1],
        "https://backup.example.com:8443/x/s.ts?q=2&t=1"
    );
    placement.steer(["a2", "b"]);
    assert_eq!(ids(&placement, 0), ["a2", "b", "a"]);
}

#[test]
fn a_replacement_changes_host_and_query_and_nothing_else() {
    let replacement = Replacement::new().host("h").parameter("z", "1").parameter("a", "2");
    for (uri, expected) in [
        ("https://a.example.com/x/s.ts", "https://h/x/s.ts?a=2&z=1"),
        ("https://a.example.com:80?z=0&k=v&a", "https://h?k=v&a=2&z=1"),
        ("//a.example.com/s.ts#f?x", "//h/s.ts?a=2&z=1#f?x"),
        ("/local//s.ts", "/local//s.ts?a=2&z=1"),
        ("s.ts?", "s.ts?a=2&z=1"),
    ] {
        assert_eq!(replacement.apply(uri), expected, "{uri}");
    }
    assert_eq!(Replacement::new().apply("https://a/b?c#d"), "https://a/b?c#d");
}

#[test]
fn redundant_variants_are_asked_in_their_order() {
    let variants = ["https://a.example.com/low/index.m3u8", "https://b.example.com/l/i.m3u8"];
    let placement = Placement::of_redundant_variants(variants).unwrap();
    assert_eq!(
        candidates(&placement, 7, "7.ts"),
        ["https://a.example.com/low/7.ts", "https://b.example.com/l/7.ts"]
    );
    let twice = Placement::of_redundant_variants(["x", "x"]).unwrap_err();
    assert_eq!(twice, PlacementError::DuplicateServer);
}

#[test]
fn a_window_knows_its_servers() {
    let (mut placement, a, b) = two_servers();
    placement.place(MediaSequence(0), &[a]).unwrap();
    placement.place(MediaSequence(6), &[b]).unwrap();
    let text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:5,\n5.ts\n#EXTINF:5,\n6.ts\n";
    let playlist = MediaPlaylist::parse(text).unwrap();
    let index = playlist.index();
    let uris: Vec<String> = index
        .window(Ticks::ZERO, Ahead::segments(1))
        .flat_map(|fetch| placement.candidates(&fetch.segment).map(|place| place.uri))
        .collect();
    assert_eq!(uris, ["https://a.example.com/x/5.ts", "https://b.example.com/y/6.ts"]);
}

#[test]
fn the_number_of_a_name_is_found() {
    for (name, template, number) in [
        ("Segment_3.mp4", "Segment_{}.mp4", 3),
        ("v1/720p/seg-012.m4s?token=99", "v1/720p/seg-{:03}.m4s?token=99", 12),
        ("a7b8.ts", "a7b{}.ts", 8),
        ("0", "{:01}", 0),
        ("x1/noend12", "x1/noend{}", 12),
        ("a1.ts?b=2#c?d=3.4", "a{}.ts?b=2#c?d=3.4", 1),
        ("s1.2.ts", "s1.{}.ts", 2),
        ("é5.ts", "é{}.ts", 5),
    ] {
        let (found, at) = UriTemplate::of(name).unwrap();
        assert_eq!((found.to_string().as_str(), at), (template, number));
        assert_eq!(found.name(at), name);
        assert_eq!(found.number(name), Some(at));
    }
    for name in ["", "v/2/init.mp4", "init.mp4", "v1/init.mp4", "99999999999999999999.ts", ".ts5"] {
        assert_eq!(UriTemplate::of(name), None, "{name}");
    }
    let template = UriTemplate::new("s", 3, ".ts");
    for (name, number) in [
        ("s007.ts", Some(7)),
        ("s1000.ts", Some(1000)),
        ("s0007.ts", None),
        ("s07.ts", None),
        ("s.ts", None),
        ("s+07.ts", None),
        ("t007.ts", None),
        ("s99999999999999999999.ts", None),
    ] {
        assert_eq!(template.number(name), number, "{name}");
    }
}

#[test]
fn redundant_variants_of_a_multivariant_playlist() {
    let text = "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"steer.json\",PATHWAY-ID=\"A\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=5,CODECS=\"avc1\",PATHWAY-ID=\"A\"\nhttps://a.example.com/5.m3u8\n\
        #EXT-X-STREAM-INF:CODECS=\"avc1\",BANDWIDTH=5,PATHWAY-ID=\"B\"\nhttps://b.example.com/5.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=5,CODECS=\"hvc1\",PATHWAY-ID=\"B\"\nhttps://b.example.com/5h.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=9,STABLE-VARIANT-ID=\"n\",PATHWAY-ID=\"A\"\nhttps://a.example.com/9.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=8,STABLE-VARIANT-ID=\"n\",PATHWAY-ID=\"B\"\nhttps://b.example.com/9.m3u8\n";
    let playlist = MultivariantPlaylist::parse(text).unwrap();
    let placement = |number| {
        let variant = playlist.variants().nth(number).unwrap();
        Placement::of_variant("https://a.example.com/all.m3u8", &playlist, &variant).unwrap()
    };
    assert_eq!(ids(&placement(0), 0), ["A", "B"]);
    assert_eq!(
        candidates(&placement(1), 0, "s.ts"),
        ["https://b.example.com/s.ts", "https://a.example.com/s.ts"]
    );
    assert_eq!(ids(&placement(2), 0), ["B"]);
    let mut steered = placement(3);
    steered.steer(["B", "A"]);
    assert_eq!(ids(&steered, 0), ["B", "A"]);
}

#[test]
fn whatever_else_differs_makes_another_variant() {
    let text = "#EXTM3U\n\
        #EXT-X-STREAM-INF:PATHWAY-ID=\"A\",BANDWIDTH=5\nhttps://a.example.com/5.m3u8\n\
        #EXT-X-STREAM-INF:PATHWAY-ID=\"B\",BANDWIDTH=5\nhttps://b.example.com/5.m3u8\n\
        #EXT-X-STREAM-INF:PATHWAY-ID=\"B\",BANDWIDTH=9\nhttps://b.example.com/9.m3u8\n\
        #EXT-X-STREAM-INF:PATHWAY-ID=\"C\",BANDWIDTH=5,STABLE-VARIANT-ID=\"n\"\nhttps://c.example.com/5.m3u8\n";
    let playlist = MultivariantPlaylist::parse(text).unwrap();
    let first = playlist.variants().next().unwrap();
    let placement =
        Placement::of_variant("https://a.example.com/all.m3u8", &playlist, &first).unwrap();
    assert_eq!(ids(&placement, 0), ["A", "B"]);
}

#[test]
fn the_fragment_of_a_clone_begins_at_the_first_number_sign() {
    let clone = Replacement::new().host("b.example.com").parameter("t", "1");
    for (uri, expected) in [
        ("https://a/x?q=1#f#g?h", "https://b.example.com/x?q=1&t=1#f#g?h"),
        ("https://a/x#//c/?d", "https://b.example.com/x?t=1#//c/?d"),
        ("https://a", "https://b.example.com?t=1"),
        ("x//y", "x//y?t=1"),
        ("//a/x?t=2&u=3&&v", "//b.example.com/x?u=3&v&t=1"),
    ] {
        assert_eq!(clone.apply(uri), expected);
    }
}
