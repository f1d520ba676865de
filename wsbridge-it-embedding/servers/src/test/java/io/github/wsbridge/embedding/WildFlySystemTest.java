package io.github.wsbridge.embedding;

import io.github.wsbridge.embedding.application.FilterApplication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/** WildFly as it is distributed, with its default configuration. */
@Tag("system")
class WildFlySystemTest extends ServerContract {

    private static final Pattern PORT =
            Pattern.compile("WFLYUT0006: Undertow HTTP listener default listening on 127.0.0.1:(\\d+)");
    private static final Pattern STARTED = Pattern.compile("(WFLYSRV0025|WFLYSRV0026)");

    @Override
    ServerProcess start() throws Exception {
        Path home = Path.of(System.getProperty("wildfly.home")).toAbsolutePath();
        Path configuration = Files.createDirectory(folder.resolve("configuration"));
        try (Stream<Path> files = Files.list(home.resolve("standalone/configuration"))) {
            for (Path file : files.toList()) {
                Files.copy(file, configuration.resolve(file.getFileName()));
            }
        }
        War.write(Files.createDirectory(folder.resolve("deployments")).resolve("app.war"), FilterApplication.class);
        return new ServerProcess(
                folder,
                List.of(
                        "-Xmx256m",
                        "-Djboss.home.dir=" + home,
                        "-Djboss.server.base.dir=" + folder,
                        "-Dlogging.configuration="
                                + configuration.resolve("logging.properties").toUri(),
                        "-Djboss.bind.address=127.0.0.1",
                        "-Djboss.http.port=0",
                        "-Djboss.https.port=0",
                        "-Djboss.management.http.port=0",
                        "-jar",
                        home.resolve("jboss-modules.jar").toString(),
                        "-mp",
                        home.resolve("modules").toString(),
                        "org.jboss.as.standalone"));
    }

    @Override
    int port(ServerProcess server) throws Exception {
        server.await(STARTED);
        return Integer.parseInt(server.await(PORT));
    }
}
