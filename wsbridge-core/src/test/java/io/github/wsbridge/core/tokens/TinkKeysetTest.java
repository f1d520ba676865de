package io.github.wsbridge.core.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.Parameters;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.AesGcmSivParameters;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import com.google.crypto.tink.signature.PredefinedSignatureParameters;
import com.google.crypto.tink.signature.SignatureConfig;
import io.github.wsbridge.core.tokens.TokenKeys.Key;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Keysets as Tink's own {@link KeysetHandle} reads and writes them. The stored one was written by Tink 1.24.0 and
 * protects nothing: a key of each supported kind, and two disabled keys. A ciphertext from each enabled key is stored
 * with it.
 */
class TinkKeysetTest {

    private static final byte[] CONTEXT = "wsbridge bridge token v1".getBytes(StandardCharsets.UTF_8);
    private static final byte[] PLAIN = "plain".getBytes(StandardCharsets.UTF_8);

    @BeforeAll
    static void register() throws GeneralSecurityException {
        AeadConfig.register();
        SignatureConfig.register();
    }

    private static String stored(String name) throws IOException {
        try (InputStream in = TinkKeysetTest.class.getResourceAsStream("/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    private static KeysetHandle handle(String json) throws GeneralSecurityException {
        return TinkJsonProtoKeysetFormat.parseKeyset(json, RegistryConfiguration.get(), InsecureSecretKeyAccess.get());
    }

    private static String json(KeysetHandle handle) throws GeneralSecurityException {
        return TinkJsonProtoKeysetFormat.serializeKeyset(
                handle, RegistryConfiguration.get(), InsecureSecretKeyAccess.get());
    }

    private static KeysetHandle generated(Parameters parameters) throws GeneralSecurityException {
        return KeysetHandle.newBuilder()
                .addEntry(KeysetHandle.generateEntryFromParameters(parameters)
                        .withRandomId()
                        .makePrimary())
                .build();
    }

    private static Aead tink(String json) throws GeneralSecurityException {
        return handle(json).getPrimitive(RegistryConfiguration.get(), Aead.class);
    }

    private static void assertSame(TokenKeys keys, Aead tink) throws GeneralSecurityException {
        assertThat(tink.decrypt(TokenText.bytes(keys.seal(PLAIN, CONTEXT)), CONTEXT))
                .isEqualTo(PLAIN);
        assertThat(keys.open(TokenText.text(tink.encrypt(PLAIN, CONTEXT)), CONTEXT))
                .isEqualTo(PLAIN);
    }

    @Test
    void parse_storedKeyset_decryptsWithEachKey() throws Exception {
        TokenKeys keys = TokenKeys.parse(stored("tink-keyset.json"));
        List<String> ids = new ArrayList<>();
        for (String line : stored("tink-ciphertexts.txt").split("\n")) {
            String[] parts = line.split(" ");
            byte[] sealed = Base64.getDecoder().decode(parts[1]);
            assertThat(keys.open(TokenText.text(sealed), CONTEXT)).asString().isEqualTo("sealed by " + parts[0]);
            assertThatThrownBy(() -> keys.open(TokenText.text(sealed), PLAIN))
                    .isInstanceOf(GeneralSecurityException.class);
            ids.add(parts[0]);
        }
        assertThat(keys.keys())
                .filteredOn(key -> key.status().equals("ENABLED"))
                .extracting(Key::number)
                .isEqualTo(ids);
        assertThat(keys.keys())
                .extracting(Key::kind)
                .contains("XChaCha20Poly1305", "ChaCha20Poly1305", "AesGcm", "AesGcmSiv", "AesEax", "AesCtrHmacAead")
                .contains("XAesGcm");
    }

    @Test
    void toJson_storedKeyset_isWhatTinkWrote() throws Exception {
        String json = stored("tink-keyset.json");
        assertThat(TokenKeys.parse(json).toJson()).isEqualTo(json);
        assertThat(json(handle(json)).strip()).isEqualTo(json);
    }

    @Test
    void everyKey_asPrimary_worksWithTink() throws Exception {
        TokenKeys stored = TokenKeys.parse(stored("tink-keyset.json"));
        for (Key key : stored.keys()) {
            if (key.status().equals("ENABLED")) {
                TokenKeys keys = stored.withPrimary(key.id());
                assertSame(keys, tink(keys.toJson()));
            } else {
                assertThatThrownBy(() -> stored.withPrimary(key.id())).hasMessageContaining(key.number());
            }
        }
    }

    @Test
    void newKeys_followTinksTemplate() throws Exception {
        TokenKeys keys = TokenKeys.generate().withNewKey();
        KeysetHandle handle = handle(keys.toJson());
        for (int i = 0; i < handle.size(); i++) {
            assertThat(handle.getAt(i).getKey().getParameters()).isEqualTo(PredefinedAeadParameters.XCHACHA20_POLY1305);
        }
        assertSame(keys, tink(keys.toJson()));
        String json = json(generated(PredefinedAeadParameters.XCHACHA20_POLY1305));
        assertSame(TokenKeys.parse(json), tink(json));
    }

    @Test
    void legacyPrefix_isTinks() throws Exception {
        String json = TokenKeys.generate().toJson().replace("\"TINK\"", "\"LEGACY\"");
        assertSame(TokenKeys.parse(json), tink(json));
    }

    @Test
    void aesGcmSiv_withoutProvider_isRefusedAsByTink() throws Exception {
        String json = json(generated(AesGcmSivParameters.builder()
                .setKeySizeBytes(32)
                .setVariant(AesGcmSivParameters.Variant.TINK)
                .build()));
        assertThatThrownBy(() -> tink(json)).isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(() -> TokenKeys.parse(json))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("AES GCM SIV");
    }

    /** A damaged key is either refused or read exactly as Tink reads it. */
    @Test
    void parse_damagedKeys_areRefusedOrReadAsByTink() throws Exception {
        Random random = new Random(1);
        int taken = 0;
        TokenKeys stored = TokenKeys.parse(stored("tink-keyset.json"));
        for (Key key : stored.keys()) {
            if (!key.status().equals("ENABLED")) {
                continue;
            }
            TokenKeys alone = stored.withPrimary(key.id());
            for (Key other : stored.keys()) {
                alone = other.id() == key.id() ? alone : alone.without(other.id());
            }
            String json = alone.toJson();
            String text = json.replaceAll(".*\"value\":\"([^\"]*)\".*", "$1");
            byte[] value = Base64.getDecoder().decode(text);
            for (int i = 0; i < 50; i++) {
                byte[] damaged =
                        Arrays.copyOf(value, random.nextInt(4) == 0 ? random.nextInt(value.length) : value.length);
                for (int bits = random.nextInt(3); bits >= 0 && damaged.length > 0; bits--) {
                    damaged[random.nextInt(Math.min(damaged.length, 8))] ^= (byte) (1 << random.nextInt(8));
                }
                String spoilt = json.replace(text, Base64.getEncoder().encodeToString(damaged));
                TokenKeys keys;
                try {
                    keys = TokenKeys.parse(spoilt);
                } catch (GeneralSecurityException e) {
                    continue;
                }
                assertSame(keys, tink(spoilt));
                taken++;
            }
        }
        assertThat(taken).isPositive();
    }

    @Test
    void parse_invalidKeyset_isRefusedWithoutShowingAKey() throws Exception {
        String good = TokenKeys.generate().toJson();
        String value = good.replaceAll(".*\"value\":\"([^\"]*)\".*", "$1");
        String id = good.replaceAll(".*\"keyId\":(\\d+).*", "$1");
        String key = good.replaceAll(".*\"key\":\\[(.*)]}", "$1");
        List<String> bad = List.of(
                "",
                "null",
                "[]",
                "{}",
                good.substring(0, good.indexOf(value) + 10),
                good.replace(value, value.substring(1)),
                good.replace(value, "A" + value),
                good.replace(value, ""),
                good.replace("\"" + value + "\"", value),
                good.replace("\"" + value + "\"", "null"),
                good.replace("\"key\":[", "\"key\":[7,"),
                good.replace(key, ""),
                good.replace(key, key + "," + key),
                good.replace("\"primaryKeyId\":" + id, "\"primaryKeyId\":" + (id.equals("5") ? 6 : 5)),
                good.replace("\"primaryKeyId\":" + id, "\"primaryKeyId\":\"" + id + "\""),
                good.replace(id, "4294967296"),
                good.replace(id, "1.5"),
                good.replace("ENABLED", "DISABLED"),
                good.replace("ENABLED", "UNKNOWN"),
                good.replace("\"TINK\"", "\"OTHER\""),
                good.replace("SYMMETRIC", "REMOTE"),
                good.replace("XChaCha20Poly1305Key", "KmsAeadKey"),
                json(generated(PredefinedSignatureParameters.ED25519)),
                "[".repeat(100_000),
                good.replace(
                        "{\"primaryKeyId\"",
                        "{\"other\":" + "[".repeat(100_000) + "]".repeat(100_000) + ",\"primaryKeyId\""));
        for (String json : bad) {
            assertThatThrownBy(() -> TokenKeys.parse(json))
                    .as(json.length() < 1000 ? json : "long")
                    .isInstanceOf(GeneralSecurityException.class)
                    .hasNoCause()
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain(value.substring(2, 8)));
        }
        assertThat(TokenKeys.parse(good.replace("{\"primaryKeyId\"", "{\"comment\":\"of mine\",\"primaryKeyId\""))
                        .toJson())
                .as("fields that Tink does not know are skipped")
                .isEqualTo(good);
    }
}
