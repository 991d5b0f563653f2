using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Cli.Login;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>Where the broker is, who asks, and whom to trust on the way.</summary>
internal sealed class ConnectionOptions
{
    private const string DefaultAddress = "http://127.0.0.1:8200";

    private readonly Option<string?> _address = new("--addr") { HelpName = "URL", Description = $"The broker's address; else CREDBROKER_ADDR, else {DefaultAddress}." };
    private readonly Option<string?> _tokenFile = new("--token-file") { HelpName = "FILE", Description = "File with the operator's or workload's token; else CREDBROKER_TOKEN_FILE, else the login." };
    private readonly Option<string?> _caFile = new("--ca-file") { HelpName = "FILE", Description = "PEM file of the only authorities to trust; else CREDBROKER_CA_FILE, else the system's." };
    private readonly Option<string?> _clientCertificate = new("--client-cert") { HelpName = "FILE", Description = "PEM file of a client certificate to show instead of a token; else CREDBROKER_CLIENT_CERT." };
    private readonly Option<string?> _clientKey = new("--client-key") { HelpName = "FILE", Description = "PEM file of that certificate's private key; else CREDBROKER_CLIENT_KEY." };

    public static IReadOnlyList<(string Name, string Meaning)> Variables { get; } =
    [
        ("CREDBROKER_ADDR", $"The broker's address; default {DefaultAddress}."),
        ("CREDBROKER_TOKEN_FILE", "File with the operator's or workload's token."),
        ("CREDBROKER_CA_FILE", "PEM file of the only authorities to trust."),
        ("CREDBROKER_CLIENT_CERT", "PEM file of a client certificate to show instead of a token."),
        ("CREDBROKER_CLIENT_KEY", "PEM file of that certificate's private key."),
    ];

    public Option[] All => [_address, _tokenFile, _caFile, _clientCertificate, _clientKey];

    /// <summary>The option that says where the broker is, for commands that only need to know that.</summary>
    public Option Where => _address;

    public Uri AddressOf(ParseResult parsed, Shell shell) => Address(Value(parsed, _address, shell, "CREDBROKER_ADDR") ?? DefaultAddress);

    public async Task<Connection> OpenAsync(ParseResult parsed, Shell shell, CancellationToken cancel)
    {
        var address = AddressOf(parsed, shell);
        var certificate = Certificate(parsed, shell, address);
        var token = await TokenAsync(parsed, shell, address, certificate is not null, cancel);
        if (token is not null && address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
        {
            throw CommandException.Usage($"{address} would carry the token in the clear; use https:// (http:// only to this host)");
        }

        var roots = Value(parsed, _caFile, shell, "CREDBROKER_CA_FILE") is { } pem ? PemFiles.Roots(pem) : null;
        return new Connection(address, token, roots, certificate);
    }

    /// <summary>Whether evidence was named at all. A login is an operator's and no evidence of a workload.</summary>
    public bool NamesEvidence(ParseResult parsed, Shell shell) =>
        Value(parsed, _tokenFile, shell, "CREDBROKER_TOKEN_FILE") is not null || Value(parsed, _clientCertificate, shell, "CREDBROKER_CLIENT_CERT") is not null;

    /// <summary>The token that was named; else, where no certificate was, the login's.</summary>
    private async Task<string?> TokenAsync(ParseResult parsed, Shell shell, Uri address, bool hasCertificate, CancellationToken cancel) =>
        Value(parsed, _tokenFile, shell, "CREDBROKER_TOKEN_FILE") is { } file ? await TokenFile.ReadAsync(file, shell, cancel)
        : hasCertificate ? null
        : await LoginToken.ForAsync(address, shell, cancel);

    private SslStreamCertificateContext? Certificate(ParseResult parsed, Shell shell, Uri address) =>
        (Value(parsed, _clientCertificate, shell, "CREDBROKER_CLIENT_CERT"), Value(parsed, _clientKey, shell, "CREDBROKER_CLIENT_KEY")) switch
        {
            (null, null) => null,
            ({ } file, { } key) when address.Scheme == Uri.UriSchemeHttps => PemFiles.ClientCertificate(file, key, shell),
            ({ }, { }) => throw CommandException.Usage($"{address} is not https, so that no client certificate can be shown there"),
            _ => throw CommandException.Usage("--client-cert and --client-key belong together"),
        };

    private static string? Value(ParseResult parsed, Option<string?> option, Shell shell, string variable) =>
        parsed.GetValue(option) ?? (shell.Environment(variable) is { Length: > 0 } value ? value : null);

    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https", AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" }
            ? address
            : throw CommandException.Usage($"'{text}' is no broker address such as https://broker.example:8200");
}

/// <summary>A way to the broker, open for one command.</summary>
internal sealed class Connection : IDisposable
{
    private readonly HttpClient _http;

    public Connection(Uri address, string? token, X509Certificate2Collection? roots, SslStreamCertificateContext? certificate)
    {
        _http = new HttpClient(BrokerHttp.Handler(address, roots, certificate), disposeHandler: true) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        Broker = new BrokerClient(_http, token);
    }

    public BrokerClient Broker { get; }

    public void Dispose() => _http.Dispose();
}
