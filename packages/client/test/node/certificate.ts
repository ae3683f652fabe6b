// A certificate for loopback that vouches for itself, from 2020 to 2120. Node can use one, but not make one.
// Made by openssl: a P-256 key; `req -new -subj /CN=localhost`; `ca -selfsign` with both dates, and with
// subjectAltName = DNS:localhost,IP:127.0.0.1,IP:::1. The key protects nothing.

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIYLsVJINeyVKf9+
NhRownl6+rt8TNFTgQZX9iDzOj0/c2i8DlSnchJFqXaJjDQ1PvOEU/j96gqaCMXn
lwGHv9ujYDBeMCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQAAAAAAAAAAAA
AAAAAAAAATAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBSD9/AkaIAwdLLCShOW
TPZrjBglcjAKBggqhkjOPQQDAgNIADBFAiBwtgPhI9K4Gc0t6m+0yJ1SDhtqeK5i
ik/SVD66agatjAIhAMUpRNihzcYDEgqNvRDlqYQsh3LvBUxgZ1ah9wxLt4Gx
-----END CERTIFICATE-----
`;

export const KEY = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIP3xexzh3ceBLnwpyZ2wq+kun3+YNl6ToCKyncaUNpmMoAoGCCqGSM49
AwEHoUQDQgAEhguxUkg17JUp/342FGjCeXr6u3xM0VOBBlf2IPM6PT9zaLwOVKdy
EkWpdomMNDU+84RT+P3qCpoIxeeXAYe/2w==
-----END EC PRIVATE KEY-----
`;
