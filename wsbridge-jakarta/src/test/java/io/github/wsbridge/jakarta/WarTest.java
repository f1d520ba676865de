package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.scan.StandardJarScanner;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The filter in an application with its own class loader. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WarTest {

    private static final String WEB_XML = """
            <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0" metadata-complete="true">
              <listener><listener-class>io.github.wsbridge.jakarta.WarApplication</listener-class></listener>
            </web-app>
            """;

    private static final String JETTY_WEB_XML = """
            <?xml version="1.0"?>
            <!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "https://jetty.org/configure_10_0.dtd">
            <Configure class="org.eclipse.jetty.ee11.webapp.WebAppContext">
              <Get name="hiddenClassMatcher">
                <Call name="exclude">
                  <Arg><Array type="String">
                    <Item>org.eclipse.jetty.io.</Item>
                    <Item>org.eclipse.jetty.server.</Item>
                    <Item>org.eclipse.jetty.util.</Item>
                  </Array></Arg>
                </Call>
              </Get>
            </Configure>
            """;

    @TempDir
    Path war;

    @BeforeEach
    void build() throws Exception {
        for (Class<?> ours : List.of(BridgeFilter.class, Leg.class, ServerUpgrade.class)) {
            copy(Path.of(
                    ours.getProtectionDomain().getCodeSource().getLocation().toURI()));
        }
        Path tests = Path.of(WarTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Path folder = Path.of("io", "github", "wsbridge", "jakarta");
        try (Stream<Path> files = Files.list(tests.resolve(folder))) {
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith("WarApp")
                            || file.getFileName().toString().startsWith("WarEnd"))
                    .toList()) {
                Files.copy(file, war.resolve("WEB-INF/classes").resolve(folder).resolve(file.getFileName()));
            }
        }
        Files.writeString(war.resolve("WEB-INF/web.xml"), WEB_XML);
    }

    private void copy(Path from) throws IOException {
        Path to = war.resolve("WEB-INF/classes");
        if (Files.isRegularFile(from)) {
            Files.createDirectories(war.resolve("WEB-INF/lib"));
            Files.copy(from, war.resolve("WEB-INF/lib").resolve(from.getFileName()));
            return;
        }
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.endsWith("module-info.class")) {
                    Files.copy(file, target);
                }
            }
        }
    }

    @Test
    void tomcat_servesBridges_andOwnEndpointsKeepTomcatsConfigurator() throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("wsbridge-war").toString());
        tomcat.setAddDefaultWebXmlToWebapp(false); // its JSP servlet is not on the class path
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        StandardContext context = (StandardContext) tomcat.addWebapp("/app", war.toString());
        context.setClearReferencesRmiTargets(false);
        context.setClearReferencesThreadLocals(false);
        ((StandardJarScanner) context.getJarScanner()).setScanClassPath(false);
        Tomcat.addServlet(context, "default", new DefaultServlet()).addMapping("/");
        tomcat.start();
        try {
            int port = tomcat.getConnector().getLocalPort();
            try (RawWebSocket bridge = RawWebSocket.open(port, "/app/bridge/connect?deviceId=d");
                    RawWebSocket own = RawWebSocket.open(port, "/app/own")) {
                assertThat(bridge.read().text()).isEqualTo("hello");
                assertThat(own.read().text()).startsWith("org.apache.tomcat.");
            }
        } finally {
            tomcat.stop();
            tomcat.destroy();
        }
    }

    @Test
    void jettyHidesItsClasses_startFailsAndSaysWhatToDo() throws Exception {
        Server server = jetty();
        try {
            assertThatThrownBy(server::start)
                    .hasMessageContaining("hides its class org.eclipse.jetty.")
                    .hasMessageContaining("NettyBridgeServer");
        } finally {
            server.stop();
        }
    }

    @Test
    void jettyShowsItsClasses_bridgesWork() throws Exception {
        Files.writeString(war.resolve("WEB-INF/jetty-web.xml"), JETTY_WEB_XML);
        Server server = jetty();
        server.start();
        try (RawWebSocket bridge = RawWebSocket.open(
                ((ServerConnector) server.getConnectors()[0]).getLocalPort(), "/app/bridge/connect?deviceId=d")) {
            assertThat(bridge.read().text()).isEqualTo("hello");
        } finally {
            server.stop();
        }
    }

    private Server jetty() {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        WebAppContext context = new WebAppContext(war.toString(), "/app");
        context.setThrowUnavailableOnStartupException(true);
        server.setHandler(context);
        return server;
    }
}
