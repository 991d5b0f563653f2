using System.CommandLine;
using System.Security.Cryptography;

namespace CredentialBroker.Cli;

/// <summary>
/// <c>--csr</c>: a signing request for a certificate whose key never leaves the workload. What is in it the broker
/// judges; here only that the file is one, so that a private key that was named by mistake is never sent.
/// </summary>
internal sealed class SigningRequestOption
{
    private const string Label = "CERTIFICATE REQUEST", OldLabel = "NEW CERTIFICATE REQUEST";

    private readonly Option<string?> _file = new("--csr")
    {
        HelpName = "FILE", Description = "PKCS #10 signing request in PEM, for a certificate with a key of your own; - is stdin. Without it the broker makes the key.",
    };

    public void AddTo(Command command) => command.Add(_file);

    public async Task<string?> ReadAsync(ParseResult parsed, Shell shell, CancellationToken cancel)
    {
        if (parsed.GetValue(_file) is not { } file) return null;
        var text = await Input.ReadAsync(file, shell, cancel);
        if (!PemEncoding.TryFind(text, out var found) || text[found.Label] is not (Label or OldLabel)) throw CommandException.Usage($"--csr {Input.NameOf(file)} holds no PEM signing request");
        // What a tool wrote around it is not the broker's business.
        return PemEncoding.WriteString(Label, Convert.FromBase64String(text[found.Base64Data]));
    }
}
