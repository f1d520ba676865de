package io.github.wsbridge.wire.files;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files with certificates and keys, which operators write. What cannot be used is an {@link IOException}. */
class KeyFilesFuzzTest {

    @FuzzTest(maxDuration = "1m")
    void anyFile_isReadOrRefused(byte[] input) throws IOException {
        Path file = Files.createTempFile("keys", ".pem");
        try {
            Files.write(file, input);
            try {
                Pem.certificates(file);
            } catch (IOException e) {
                // refused
            }
            try {
                PrivateKeys.read(file, null);
            } catch (IOException e) {
                // refused
            }
        } finally {
            Files.delete(file);
        }
    }
}
