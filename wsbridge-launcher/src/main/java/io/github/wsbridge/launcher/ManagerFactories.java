package io.github.wsbridge.launcher;

import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.TrustManagerFactorySpi;
import org.jspecify.annotations.Nullable;

/** Factories of a manager that exists already, for libraries that take only factories. */
final class ManagerFactories {

    private static final Provider ANY = Security.getProviders()[0];

    private ManagerFactories() {}

    static KeyManagerFactory of(KeyManager manager) {
        return new KeyManagerFactory(new Keys(manager), ANY, "renewable") {};
    }

    static TrustManagerFactory of(TrustManager manager) {
        return new TrustManagerFactory(new Trust(manager), ANY, "renewable") {};
    }

    private static final class Keys extends KeyManagerFactorySpi {

        private final KeyManager manager;

        Keys(KeyManager manager) {
            this.manager = manager;
        }

        @Override
        protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {}

        @Override
        protected void engineInit(ManagerFactoryParameters parameters) {}

        @Override
        protected KeyManager[] engineGetKeyManagers() {
            return new KeyManager[] {manager};
        }
    }

    private static final class Trust extends TrustManagerFactorySpi {

        private final TrustManager manager;

        Trust(TrustManager manager) {
            this.manager = manager;
        }

        @Override
        protected void engineInit(@Nullable KeyStore store) {}

        @Override
        protected void engineInit(ManagerFactoryParameters parameters) {}

        @Override
        protected TrustManager[] engineGetTrustManagers() {
            return new TrustManager[] {manager};
        }
    }
}
