package io.github.wsbridge.wire.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextDecoderTest {

    private static final String TEXT = "aé€\uD83D\uDE80z日\u0000ß\uDBFF\uDFFF";
    private static final byte[] UTF8 = TEXT.getBytes(UTF_8);

    @Test
    void decode_splitAnywhereTwice_returnsTheText() throws Exception {
        for (int first = 0; first <= UTF8.length; first++) {
            for (int second = first; second <= UTF8.length; second++) {
                TextDecoder decoder = new TextDecoder();
                String head = decoder.decode(bytes(0, first), false);
                String middle = decoder.decode(bytes(first, second), false);
                String tail = decoder.decode(bytes(second, UTF8.length), true);
                assertThat(head + middle + tail).isEqualTo(TEXT);
                assertThat(halved(head) || halved(middle) || halved(tail)).isFalse();
            }
        }
    }

    @Test
    void decode_byteByByte_returnsTheTextRepeatedly() throws Exception {
        TextDecoder decoder = new TextDecoder();
        for (int round = 0; round < 3; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < UTF8.length; i++) {
                ByteBuffer one = bytes(i, i + 1);
                text.append(decoder.decode(one, i == UTF8.length - 1));
                assertThat(one.hasRemaining()).as("left over").isFalse();
            }
            assertThat(text).hasToString(TEXT);
        }
    }

    @Test
    void decode_emptyFragments_changeNothing() throws Exception {
        TextDecoder decoder = new TextDecoder();
        assertThat(decoder.decode(ByteBuffer.allocate(0), true)).isEmpty();
        assertThat(decoder.decode(ByteBuffer.wrap(new byte[] {(byte) 0xF0, (byte) 0x9F}), false))
                .isEmpty();
        assertThat(decoder.decode(ByteBuffer.allocate(0), false)).isEmpty();
        assertThat(decoder.decode(ByteBuffer.wrap(new byte[] {(byte) 0x9A, (byte) 0x80}), false))
                .isEqualTo("\uD83D\uDE80");
        assertThat(decoder.decode(ByteBuffer.allocate(0), true)).isEmpty();
    }

    @Test
    void decode_bufferOfAnyKind_isRead() throws Exception {
        ByteBuffer direct = ByteBuffer.allocateDirect(UTF8.length).put(UTF8).flip();
        assertThat(new TextDecoder().decode(direct.asReadOnlyBuffer(), true)).isEqualTo(TEXT);
        ByteBuffer sliced =
                ByteBuffer.allocate(99).position(9).slice().put(UTF8).flip();
        assertThat(new TextDecoder().decode(sliced, true)).isEqualTo(TEXT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ff",
                "80",
                "c0af",
                "c080",
                "e08080",
                "eda080",
                "edbfbf",
                "f0808080",
                "f4908080",
                "f5808080",
                "c328",
                "e282",
                "f09f9a",
                "c3",
                "e228a1",
                "f0288cbc",
                "fe",
                "61ff"
            })
    void decode_malformed_splitAnywhere_fails(String hex) {
        byte[] bad = HexFormat.of().parseHex(hex);
        for (int cut = 0; cut <= bad.length; cut++) {
            int at = cut;
            assertThatThrownBy(() -> {
                        TextDecoder decoder = new TextDecoder();
                        decoder.decode(ByteBuffer.wrap(bad, 0, at), false);
                        decoder.decode(ByteBuffer.wrap(bad, at, bad.length - at), true);
                    })
                    .as("%s split at %s", hex, at)
                    .isInstanceOf(CharacterCodingException.class);
        }
    }

    private static boolean halved(String text) {
        return !text.isEmpty()
                && (Character.isHighSurrogate(text.charAt(text.length() - 1))
                        || Character.isLowSurrogate(text.charAt(0)));
    }

    private static ByteBuffer bytes(int from, int to) {
        return ByteBuffer.wrap(UTF8, from, to - from);
    }
}
