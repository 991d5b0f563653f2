using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>Where the broker is, who asks, and whom to trust on the way.</summary>
internal sealed class ConnectionOptions
{
    private const string DefaultAddress = "http://127.0.0.1:8200";

    private readonly Option<string?> _address = new("--addr") { HelpName = "URL", Description = $"The broker's address; else CREDBROKER_ADDR, else {DefaultAddress}." };
    private readonly Option<string?> _tokenFile = new("--token-file") { HelpName = "FILE", Description = "File with the operator's or workload's token; else CREDBROKER_TOKEN_FILE." };
    private readonly Option<string?> _caFile = new("--ca-file") { HelpName = "FILE", Description = "PEM file of the only authorities to trust; else CREDBROKER_CA_FILE, else the system's." };

    public static IReadOnlyList<(string Name, string Meaning)> Variables { get; } =
    [
        ("CREDBROKER_ADDR", $"The broker's address; default {DefaultAddress}."),
        ("CREDBROKER_TOKEN_FILE", "File with the operator's or workload's token."),
        ("CREDBROKER_CA_FILE", "PEM file of the only authorities to trust."),
    ];

    public Option[] All => [_address, _tokenFile, _caFile];

    public async Task<Connection> OpenAsync(ParseResult parsed, Shell shell, CancellationToken cancel)
    {
        var address = Address(Value(parsed, _address, shell, "CREDBROKER_ADDR") ?? DefaultAddress);
        var token = Value(parsed, _tokenFile, shell, "CREDBROKER_TOKEN_FILE") is { } file ? await TokenFile.ReadAsync(file, shell, cancel) : null;
        if (token is not null && address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
        {
            throw CommandException.Usage($"{address} would carry the token in the clear; use https:// (http:// only to this host)");
        }

        var roots = Value(parsed, _caFile, shell, "CREDBROKER_CA_FILE") is { } pem ? Roots(pem) : null;
        return new Connection(address, token, roots);
    }

    /// <summary>Whether a token was named at all.</summary>
    public bool NamesToken(ParseResult parsed, Shell shell) => Value(parsed, _tokenFile, shell, "CREDBROKER_TOKEN_FILE") is not null;

    private static string? Value(ParseResult parsed, Option<string?> option, Shell shell, string variable) =>
        parsed.GetValue(option) ?? (shell.Environment(variable) is { Length: > 0 } value ? value : null);

    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https", AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" }
            ? address
            : throw CommandException.Usage($"'{text}' is no broker address such as https://broker.example:8200");

    private static X509Certificate2Collection Roots(string file)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(File.ReadAllText(file));
            return roots.Count > 0 ? roots : throw CommandException.Usage($"--ca-file {file} holds no PEM certificate");
        }
        catch (CryptographicException fault)
        {
            throw new CommandException(ExitCodes.Usage, $"--ca-file {file} cannot be read: {fault.Message}", fault);
        }
    }
}

/// <summary>A way to the broker, open for one command.</summary>
internal sealed class Connection : IDisposable
{
    private readonly HttpClient _http;

    public Connection(Uri address, string? token, X509Certificate2Collection? roots)
    {
        _http = new HttpClient(BrokerHttp.Handler(address, roots), disposeHandler: true) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        Broker = new BrokerClient(_http, token);
    }

    public BrokerClient Broker { get; }

    public void Dispose() => _http.Dispose();
}
