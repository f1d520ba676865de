package io.github.wsbridge.it;

import static io.github.wsbridge.testkit.RawWebSocket.BINARY;
import static io.github.wsbridge.testkit.RawWebSocket.CLOSE;
import static io.github.wsbridge.testkit.RawWebSocket.CONTINUATION;
import static io.github.wsbridge.testkit.RawWebSocket.PING;
import static io.github.wsbridge.testkit.RawWebSocket.PONG;
import static io.github.wsbridge.testkit.RawWebSocket.TEXT;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The cases of the Autobahn test suite with their numbers, written anew: what a requester sends over a bridge to a
 * device that echoes, and what it must get. A violation of the framing is answered by the node (1002), text that is not
 * UTF-8 by the device (1007), since nodes do not look into messages.
 *
 * <p>6.5.* and 6.6.* stand for 6.5.* to 6.23.*: the valid and the invalid ones, each whole and in fragments of a byte.
 * Left out: 6.4.* asks for failure before a message is complete, which is up to the device's library; 12.* and 13.*
 * compress, which nodes refuse.
 */
final class FramingCases {

    /** The UTF-8 of kosme, in Greek. */
    private static final byte[] WORD = hex("cebae1bdb9cf83cebcceb5");

    private static final byte[] BROKEN = hex("cebae1bdb9cf83cebcceb5eda080656469746564");

    private static final List<String> VALID = List.of(
            "00 c280 e0a080 f0908080", // the first of each length
            "7f dfbf efbfbf f48fbfbf", // the last ones
            "ed9fbf ee8080 efbfbd", // around the surrogates, and the replacement character
            "efb790 efb7af efbfbe", // noncharacters
            "f09fbfbe f09fbfbf f0afbfbe f0afbfbf f0bfbfbe f0bfbfbf");

    private static final List<String> INVALID = List.of(
            "f8888080",
            "fc8480808080",
            "f7bfbfbf",
            "fbbfbfbf",
            "fdbfbfbfbfbf",
            "f4908080", // beyond Unicode
            "80",
            "bf",
            "80bf",
            "80bf80",
            "80bf80bf", // continuations alone
            "c020",
            "c0",
            "df20",
            "e020",
            "e0a0",
            "efbf20",
            "f0908020",
            "f48fbf",
            "c3", // sequences cut short
            "fe",
            "ff",
            "fefeffff", // impossible bytes
            "c0af",
            "e080af",
            "f08080af",
            "f8808080af",
            "fc80808080af",
            "c1bf",
            "e09fbf",
            "f08fbfbf",
            "c080",
            "e08080",
            "f0808080", // longer than needed
            "eda080",
            "edadbf",
            "edae80",
            "edafbf",
            "edb080",
            "edbe80",
            "edbfbf",
            "eda080edb080",
            "edafbfedbfbf");

    private final List<Case> cases = new ArrayList<>();

    /** What a requester does, and checks. */
    interface Script {
        void run(FramingEnd end) throws Exception;
    }

    /**
     * A case.
     *
     * @param id its number in the Autobahn suite
     */
    record Case(String id, Script script) {
        String category() {
            return id.substring(0, id.indexOf('.'));
        }
    }

    /** Returns all cases. Those of category 9 with more than 1 MiB need a device that takes long messages. */
    static List<Case> all() {
        FramingCases all = new FramingCases();
        all.messages();
        all.pings();
        all.reservedBits();
        all.opcodes();
        all.fragments();
        all.utf8();
        all.closes();
        all.limits();
        return all.cases;
    }

    private void add(String id, Script script) {
        cases.add(new Case(id, script));
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    private static byte[] text(int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) '*');
        return bytes;
    }

    private void messages() {
        List<Integer> sizes = List.of(0, 125, 126, 127, 128, 65535, 65536);
        for (int kind : List.of(TEXT, BINARY)) {
            for (int i = 0; i < sizes.size(); i++) {
                byte[] payload = text(sizes.get(i));
                add("1." + kind + "." + (i + 1), end -> end.send(kind, payload).echo(kind, payload));
            }
            byte[] payload = text(65536);
            add(
                    "1." + kind + ".8",
                    end -> end.chop(997, end.frame(kind, payload)).echo(kind, payload));
        }
    }

    private void pings() {
        byte[] binary = hex("00fffefdfcfb00ff");
        add("2.1", end -> end.send(PING).pong());
        add("2.2", end -> end.send(PING, "Hello, world!").pong("Hello, world!"));
        add("2.3", end -> end.send(PING, binary).pong(binary));
        add("2.4", end -> end.send(PING, text(125)).pong(text(125)));
        add("2.5", end -> end.send(PING, text(126)).fails());
        add("2.6", end -> end.chop(1, end.frame(PING, text(125))).pong(text(125)));
        add("2.7", end -> end.send(PONG).done());
        add("2.8", end -> end.send(PONG, "unsolicited").done());
        add("2.9", end -> end.send(PONG, "unsolicited").send(PING, "ping").pong("ping"));
        add("2.10", end -> {
            for (int i = 0; i < 10; i++) {
                end.send(PING, "ping " + i);
            }
            end.lastPong("ping 9"); // RFC 6455, section 5.5.3: only the latest has to be answered
        });
        add("2.11", end -> {
            for (int i = 0; i < 10; i++) {
                end.chop(1, end.frame(PING, ("ping " + i).getBytes(StandardCharsets.UTF_8)));
            }
            end.lastPong("ping 9");
        });
    }

    private void reservedBits() {
        byte[] hello = "Hello".getBytes(StandardCharsets.UTF_8);
        add("3.1", end -> end.raw(end.reserved(1, TEXT, hello)).fails());
        add(
                "3.2",
                end -> end.send(TEXT, hello)
                        .raw(end.reserved(2, TEXT, hello))
                        .send(PING)
                        .fails());
        add(
                "3.3",
                end -> end.send(TEXT, hello)
                        .echo(TEXT, hello)
                        .raw(end.reserved(3, TEXT, hello))
                        .fails());
        add(
                "3.4",
                end -> end.send(TEXT, hello)
                        .chop(1, end.reserved(4, TEXT, hello))
                        .fails());
        add("3.5", end -> end.raw(end.reserved(5, BINARY, hello)).fails());
        add("3.6", end -> end.raw(end.reserved(6, PING, hello)).fails());
        add(
                "3.7",
                end -> end.raw(end.reserved(7, CLOSE, new byte[] {3, (byte) 0xe8}))
                        .fails());
    }

    private void opcodes() {
        byte[] hello = "Hello".getBytes(StandardCharsets.UTF_8);
        for (int first : List.of(3, 11)) {
            String kind = first == 3 ? "4.1." : "4.2.";
            add(kind + 1, end -> end.send(first).fails());
            add(kind + 2, end -> end.send(first + 1, hello).fails());
            add(
                    kind + 3,
                    end -> end.send(TEXT, hello).send(first + 2).send(PING).fails());
            add(
                    kind + 4,
                    end -> end.send(TEXT, hello)
                            .echo(TEXT, hello)
                            .send(first + 3, hello)
                            .send(PING)
                            .fails());
            add(
                    kind + 5,
                    end -> end.send(TEXT, hello)
                            .chop(1, end.frame(first + 4, hello))
                            .fails());
        }
    }

    private void fragments() {
        add(
                "5.1",
                end -> end.part(PING, false, "fragment1")
                        .part(CONTINUATION, true, "fragment2")
                        .fails());
        add(
                "5.2",
                end -> end.part(PONG, false, "fragment1")
                        .part(CONTINUATION, true, "fragment2")
                        .fails());
        for (int i = 3; i <= 5; i++) {
            int chops = i == 3 ? 0 : i == 4 ? 3 : 1;
            add("5." + i, end -> end.parts(chops, "fragment1", "fragment2").echo("fragment1fragment2"));
        }
        for (int i = 6; i <= 8; i++) {
            int chops = i == 6 ? 0 : i == 7 ? 3 : 1;
            add("5." + i, end -> {
                end.chop(chops, end.frame(TEXT, false, "fragment1")).chop(chops, end.frame(PING, true, "ping"));
                end.chop(chops, end.frame(CONTINUATION, true, "fragment2"))
                        .pong("ping")
                        .echo("fragment1fragment2");
            });
        }
        for (int i = 9; i <= 14; i++) {
            boolean last = i <= 11;
            int chops = (i - 9) % 3 == 0 ? 0 : (i - 9) % 3 == 1 ? 3 : 1;
            add(
                    "5." + i,
                    end -> end.chop(chops, end.frame(CONTINUATION, last, "of nothing"))
                            .part(TEXT, true, "Hello")
                            .fails());
        }
        add(
                "5.15",
                end -> end.parts(0, "fragment1", "fragment2")
                        .part(CONTINUATION, false, "fragment3")
                        .part(TEXT, true, "fragment4")
                        .fails());
        for (int i = 16; i <= 17; i++) {
            boolean last = i == 17;
            add("5." + i, end -> {
                for (int round = 0; round < 2; round++) {
                    end.part(CONTINUATION, last, "fragment1")
                            .part(TEXT, false, "fragment2")
                            .part(CONTINUATION, true, "fragment3");
                }
                end.fails();
            });
        }
        add(
                "5.18",
                end -> end.part(TEXT, false, "fragment1")
                        .part(TEXT, true, "fragment2")
                        .fails());
        for (int i = 19; i <= 20; i++) {
            int chops = i == 19 ? 0 : 1;
            add("5." + i, end -> {
                end.chop(chops, end.frame(TEXT, false, "fragment1"))
                        .chop(chops, end.frame(CONTINUATION, false, "fragment2"));
                end.chop(chops, end.frame(PING, true, "ping1")).pong("ping1");
                end.chop(chops, end.frame(CONTINUATION, false, "fragment3"))
                        .chop(chops, end.frame(CONTINUATION, false, "fragment4"));
                end.chop(chops, end.frame(PING, true, "ping2")).pong("ping2");
                end.chop(chops, end.frame(CONTINUATION, true, "fragment5"));
                end.echo("fragment1fragment2fragment3fragment4fragment5");
            });
        }
    }

    private void utf8() {
        add("6.1.1", end -> end.send(TEXT).echo(""));
        add("6.1.2", end -> end.parts(0, "", "", "").echo(""));
        add("6.1.3", end -> end.parts(0, "", "middle frame payload", "").echo("middle frame payload"));
        add("6.2.1", end -> end.send(TEXT, WORD).echo(TEXT, WORD));
        add("6.2.2", end -> end.split(WORD, 5).echo(TEXT, WORD)); // inside a character
        add("6.2.3", end -> end.split(WORD, 1).echo(TEXT, WORD));
        add("6.2.4", end -> end.chop(1, end.frame(TEXT, WORD)).echo(TEXT, WORD));
        add("6.3.1", end -> end.send(TEXT, BROKEN).closes(1007));
        add("6.3.2", end -> end.split(BROKEN, 1).closes(1007));
        for (int i = 0; i < VALID.size(); i++) {
            byte[] payload = hex(VALID.get(i));
            add("6.5." + (2 * i + 1), end -> end.send(TEXT, payload).echo(TEXT, payload));
            add("6.5." + (2 * i + 2), end -> end.split(payload, 1).echo(TEXT, payload));
        }
        for (int i = 0; i < INVALID.size(); i++) {
            byte[] payload = hex(INVALID.get(i));
            add("6.6." + (2 * i + 1), end -> end.send(TEXT, payload).closes(1007));
            add("6.6." + (2 * i + 2), end -> end.split(payload, 1).closes(1007));
        }
    }

    private void closes() {
        add("7.1.1", end -> end.send(TEXT, "Hello").echo("Hello").done());
        add("7.1.2", end -> end.close(1000, "").close(1000, "").closes(1000));
        add("7.1.3", end -> end.close(1000, "").send(PING).closes(1000));
        add("7.1.4", end -> end.close(1000, "").send(TEXT, "late").closes(1000));
        add(
                "7.1.5",
                end -> end.part(TEXT, false, "fragment1")
                        .close(1000, "")
                        .part(CONTINUATION, true, "late")
                        .closes(1000));
        add(
                "7.1.6",
                end -> end.send(TEXT, text(262_144))
                        .send(TEXT, "Hello")
                        .close(1000, "")
                        .send(PING)
                        .closesAfterAll(1000));
        add("7.3.1", end -> end.send(CLOSE).closes(1005));
        add("7.3.2", end -> end.send(CLOSE, "a").fails());
        add("7.3.3", end -> end.close(1000, "").closes(1000));
        add("7.3.4", end -> end.close(1000, "Hello World!").closes(1000));
        add("7.3.5", end -> end.close(1000, "*".repeat(123)).closes(1000));
        add("7.3.6", end -> end.close(1000, "*".repeat(124)).fails());
        add(
                "7.5.1",
                end -> end.raw(end.frame(CLOSE, join(new byte[] {3, (byte) 0xe8}, BROKEN)))
                        .fails());
        List<Integer> valid = List.of(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999);
        for (int i = 0; i < valid.size(); i++) {
            int code = valid.get(i);
            add("7.7." + (i + 1), end -> end.close(code, "").closes(code));
        }
        List<Integer> invalid = List.of(0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999);
        for (int i = 0; i < invalid.size(); i++) {
            int code = invalid.get(i);
            add("7.9." + (i + 1), end -> end.close(code, "").fails());
        }
        add("7.13.1", end -> end.close(5000, "").fails());
        add("7.13.2", end -> end.raw(end.frame(CLOSE, new byte[] {0, 1, 0, 0})).fails());
    }

    private static byte[] join(byte[] one, byte[] other) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(one);
        both.writeBytes(other);
        return both.toByteArray();
    }

    private void limits() {
        List<Integer> sizes = List.of(1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 23, 1 << 24);
        List<Integer> pieces = List.of(64, 256, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22);
        List<Integer> chops = List.of(64, 128, 256, 512, 1024, 2048);
        List<Integer> small = List.of(0, 16, 64, 256, 1024, 4096);
        for (int kind : List.of(TEXT, BINARY)) {
            for (int i = 0; i < sizes.size(); i++) {
                byte[] payload = text(sizes.get(i));
                add("9." + kind + "." + (i + 1), end -> end.send(kind, payload).echo(kind, payload));
            }
            byte[] long4 = text(1 << 22);
            for (int i = 0; i < pieces.size(); i++) {
                int piece = pieces.get(i);
                add(
                        "9." + (2 + kind) + "." + (i + 1),
                        end -> end.split(kind, long4, piece).echo(kind, long4));
            }
            byte[] long1 = text(1 << 20);
            for (int i = 0; i < chops.size(); i++) {
                int chop = chops.get(i);
                add(
                        "9." + (4 + kind) + "." + (i + 1),
                        end -> end.chop(chop, end.frame(kind, long1)).echo(kind, long1));
            }
            for (int i = 0; i < small.size(); i++) {
                byte[] payload = text(small.get(i));
                add("9." + (6 + kind) + "." + (i + 1), end -> {
                    for (int round = 0; round < 1000; round++) {
                        end.send(kind, payload).echo(kind, payload);
                    }
                });
            }
        }
        add("10.1.1", end -> end.split(TEXT, text(65536), 1300).echo(TEXT, text(65536)));
    }

    /** Returns the cases that a device with a limit of 1 MiB for a message can answer. */
    static List<Case> ofShortMessages() {
        List<String> more = new ArrayList<>();
        for (int kind : List.of(1, 2)) {
            IntStream.rangeClosed(4, 6).forEach(i -> more.add("9." + kind + "." + i));
            IntStream.rangeClosed(1, 9).forEach(i -> more.add("9." + (2 + kind) + "." + i));
        }
        return all().stream().filter(one -> !more.contains(one.id())).toList();
    }

    /** Returns the others. */
    static List<Case> ofLongMessages() {
        List<Case> others = all();
        others.removeIf(
                one -> ofShortMessages().stream().anyMatch(other -> other.id().equals(one.id())));
        return Collections.unmodifiableList(others);
    }
}
