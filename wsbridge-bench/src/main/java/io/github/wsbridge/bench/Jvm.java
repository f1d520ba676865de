package io.github.wsbridge.bench;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Creates commands that run a main class with this class path in another JVM of the same kind. */
final class Jvm {

    private static final String BIN =
            Path.of(System.getProperty("java.home"), "bin").toString();

    /** Absolute paths, because child processes have their own working directory. */
    private static final String CLASS_PATH = Arrays.stream(
                    System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));

    /**
     * The options that the {@code wsbridge} script passes: newer JDKs warn about Netty and the MQTT client without
     * them.
     */
    private static final List<String> ALLOWED = Runtime.version().feature() < 23
            ? List.of("--enable-native-access=ALL-UNNAMED")
            : List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    private Jvm() {}

    static List<String> command(String mainClass, String options, String... arguments) {
        List<String> command = new ArrayList<>(List.of(BIN + "/java"));
        command.addAll(ALLOWED);
        Arrays.stream(options.trim().split("\\s+"))
                .filter(option -> !option.isEmpty())
                .forEach(command::add);
        command.addAll(List.of("-cp", CLASS_PATH, mainClass));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Returns the path of the JDK's {@code jcmd}. */
    static List<String> jcmd(long pid, String command) {
        return List.of(BIN + "/jcmd", Long.toString(pid), command);
    }
}
