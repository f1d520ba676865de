package io.github.wsbridge.examples.signaller;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class CustomSignallerTest {

    @TempDir
    Path folder;

    @Test
    @Timeout(60)
    void hello_deviceListeningToTheFolder_answers() throws Exception {
        assertThat(CustomSignaller.hello(folder, "device/1 ..")).isEqualTo("hello from device/1 ..");
        assertThat(folder).isEmptyDirectory();
    }
}
