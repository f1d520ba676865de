package io.github.wsbridge.examples.kms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.KmsClient;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KmsKeysTest {

    private static final String KEY = "fake-kms://bridge";

    @TempDir
    Path folder;

    @Test
    void keys_areEncryptedInTheFile_andTheSameWhenRead() throws Exception {
        Path file = folder.resolve("keys");
        TokenKeys keys = TokenKeys.generate();
        KmsKeys store = new KmsKeys(new FakeService(), KEY);
        store.write(keys, file);
        assertThat(Files.readString(file)).contains("encryptedKeyset").doesNotContain("\"value\"");
        byte[] context = "context".getBytes(StandardCharsets.UTF_8);
        byte[] plain = "plain".getBytes(StandardCharsets.UTF_8);
        assertThat(store.read(file).open(keys.seal(plain, context), context)).isEqualTo(plain);
    }

    @Test
    void anotherServiceKey_cannotReadThem() throws Exception {
        Path file = folder.resolve("keys");
        new KmsKeys(new FakeService(), KEY).write(TokenKeys.generate(), file);
        KmsKeys other = new KmsKeys(new FakeService(), KEY);
        assertThatThrownBy(() -> other.read(file)).isInstanceOf(GeneralSecurityException.class);
    }

    /** Has one key, which does not leave it. */
    private static final class FakeService implements KmsClient {
        private final Aead key;

        FakeService() throws GeneralSecurityException {
            AeadConfig.register();
            key = KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM, RegistryConfiguration.get())
                    .getPrimitive(RegistryConfiguration.get(), Aead.class);
        }

        @Override
        public boolean doesSupport(String keyUri) {
            return keyUri.equals(KEY);
        }

        @Override
        public KmsClient withCredentials(String path) {
            return this;
        }

        @Override
        public KmsClient withDefaultCredentials() {
            return this;
        }

        @Override
        public Aead getAead(String keyUri) throws GeneralSecurityException {
            if (!doesSupport(keyUri)) {
                throw new GeneralSecurityException("unknown key");
            }
            return key;
        }
    }
}
