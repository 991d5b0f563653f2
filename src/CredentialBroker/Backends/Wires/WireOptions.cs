namespace CredentialBroker.Backends.Wires;

/// <param name="Timeout">For one call, connecting and reading included.</param>
/// <param name="RootCertificateFile">PEM file of the authorities that may have signed the server's certificate; null for those of the machine.</param>
/// <param name="ClientCertificate">PEM files of the broker's certificate and of its key.</param>
/// <param name="AnswerBytes">Longest answer that is read.</param>
internal sealed record WireOptions(
    Uri? Address, TimeSpan Timeout, string? RootCertificateFile = null, (string Certificate, string Key)? ClientCertificate = null, int AnswerBytes = 256 * 1024);
