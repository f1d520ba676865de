package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.Reloaded;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for the devices that a website lists. */
@SuppressWarnings("NullAway.Init")
final class ListedDevicesOptions {

    @Option(
            names = "--devices",
            paramLabel = "ID",
            split = ",",
            description = "Devices that the start page lists; others can be opened by their names")
    List<String> devices = List.of();

    @Option(
            names = "--devices-from",
            paramLabel = "URL",
            split = ",",
            description = "The management ports of all nodes, http://HOST:PORT, which tell what devices listen: the"
                    + " start page shows them and their state. With --sign-in, it shows the state of those that the"
                    + " visitor has opened")
    private List<URI> nodes = List.of();

    @Option(
            names = "--devices-key-file",
            paramLabel = "FILE",
            description = "A file that contains the key that the nodes have in --management-key-file; read again when"
                    + " it changes")
    private @Nullable Path keyFile;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Rejects what cannot be. */
    void check() {
        for (URI node : nodes) {
            boolean http = "http".equals(node.getScheme()) || "https".equals(node.getScheme());
            if (!http || node.getHost() == null) {
                throw usage("--devices-from: " + node + " is not http://HOST:PORT");
            }
        }
        if (nodes.isEmpty() != (keyFile == null)) {
            throw usage("--devices-from and --devices-key-file belong together");
        }
    }

    /** Returns the list of devices, to be closed; null if no nodes are to be asked. */
    @Nullable
    ListeningDevices listening(Reloads reloads) throws IOException, GeneralSecurityException {
        Path file = keyFile;
        if (file == null) {
            return null;
        }
        Reloaded<ManagementOptions.Key> key = ManagementOptions.key("management key", file);
        reloads.add(key, taken -> {});
        return new ListeningDevices(nodes, () -> key.get().text(), devices);
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
