package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.testkit.transport.TransportConnectorContract;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import javax.net.ssl.SSLContext;

class TyrusConnectorTest extends TransportConnectorContract {

    @Override
    protected BridgeServer bind(SSLContext tls, ClientCertificates clients) throws Exception {
        TyrusBridgeServer.Builder builder =
                TyrusBridgeServer.builder().address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return (tls == null ? builder : builder.tls(tls).clientCertificates(clients)).bind();
    }

    @Override
    protected Connector connector(SSLContext tls, InetSocketAddress proxy) {
        return new TyrusConnector(tls, proxy == null ? null : Proxies.of(ProxySelector.of(proxy)));
    }

    @Override
    protected String threadNames() {
        return "wsbridge-tyrus-connector";
    }
}
