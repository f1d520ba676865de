package io.github.wsbridge.examples.signaller;

import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceTest extends InvitationSourceContract {

    @TempDir
    Path folder;

    @Override
    protected Signaller newSignaller() {
        return new FolderSignaller(folder, 1000);
    }

    @Override
    protected InvitationSource newSource(String deviceId) {
        return new FolderSource(folder, deviceId);
    }
}
