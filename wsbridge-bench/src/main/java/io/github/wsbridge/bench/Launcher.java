package io.github.wsbridge.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Creates command lines of {@code wsbridge}: with the script that has started the benchmarks, as users do, or else with
 * this class path.
 *
 * @param script the path of the script; empty for none
 * @param javaOptions options for the JVM; empty for those that the script chooses
 */
record Launcher(String script, String javaOptions) {

    private static final String MAIN = "io.github.wsbridge.launcher.Main";

    /** Set by the script for {@code bench}: its own path, and the {@code WSBRIDGE_JAVA_OPTS} that it was given. */
    private static final String SCRIPT = "WSBRIDGE_SCRIPT";

    private static final String SCRIPT_OPTIONS = "WSBRIDGE_SCRIPT_JAVA_OPTS";

    private static final String OPTIONS = "WSBRIDGE_JAVA_OPTS";

    /** Stops clients from resuming sessions with BoringSSL, and servers from offering it with newer JDKs' own TLS. */
    private static final String NO_SESSIONS =
            " -Dio.netty.handler.ssl.openssl.sessionCacheClient=false -Djdk.tls.server.newSessionTicketCount=0";

    static Launcher ofEnvironment(Map<String, String> environment) {
        String script = environment.getOrDefault(SCRIPT, "");
        return new Launcher(script, environment.getOrDefault(script.isEmpty() ? OPTIONS : SCRIPT_OPTIONS, ""));
    }

    Launcher withJavaOptions(String options) {
        return new Launcher(script, options);
    }

    /** Returns one whose TLS clients perform a full handshake for each connection. */
    Launcher withoutSessions() {
        return new Launcher(script, (javaOptions + NO_SESSIONS).strip());
    }

    List<String> command(List<String> arguments) {
        if (script.isEmpty()) {
            return Jvm.command(MAIN, javaOptions, arguments.toArray(String[]::new));
        }
        List<String> command = new ArrayList<>();
        if (!javaOptions.isEmpty()) {
            command.addAll(List.of("/usr/bin/env", OPTIONS + "=" + javaOptions));
        }
        command.add(script);
        command.addAll(arguments);
        return command;
    }
}
