package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Door;
import io.github.wsbridge.testkit.transport.TestKeys;
import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;

/** The filter in Tomcat. */
final class TomcatServer implements Host {

    private final int threads;
    private final String protocol;
    private final boolean servlets;
    private Tomcat tomcat;

    TomcatServer() {
        this(50, "HTTP/1.1", true);
    }

    TomcatServer(int threads, String protocol, boolean servlets) {
        this.threads = threads;
        this.protocol = protocol;
        this.servlets = servlets;
    }

    @Override
    public int start(Door door, TestKeys tls) throws Exception {
        tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("wsbridge-tomcat").toString());
        Connector connector = new Connector(protocol);
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("maxThreads", Integer.toString(threads));
        if (tls != null) {
            SSLHostConfig host = new SSLHostConfig();
            SSLHostConfigCertificate own = new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.EC);
            own.setCertificateFile(tls.certificate().toString());
            own.setCertificateKeyFile(tls.key().toString());
            host.addCertificate(own);
            connector.setSecure(true);
            connector.setScheme("https");
            connector.setProperty("SSLEnabled", "true");
            connector.addSslHostConfig(host);
        }
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", null);
        ((StandardContext) context).setClearReferencesRmiTargets(false);
        ((StandardContext) context).setClearReferencesThreadLocals(false);
        FilterDef filter = new FilterDef();
        filter.setFilterName("bridge");
        filter.setFilter(new BridgeFilter(door));
        filter.setAsyncSupported("true");
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("bridge");
        map.addURLPattern("/bridge/*");
        map.addURLPattern("/livez");
        map.addURLPattern("/readyz");
        context.addFilterMap(map);
        if (servlets) {
            Tomcat.addServlet(context, "default", new DefaultServlet()).addMapping("/");
            Tomcat.addServlet(context, "page", new Page()).addMapping("/page");
            Tomcat.addServlet(context, "greedy", new Page()).addMapping("/bridge/*");
        }
        tomcat.start();
        return connector.getLocalPort();
    }

    @Override
    public void stop() throws Exception {
        tomcat.stop();
        tomcat.destroy();
    }
}
