using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Login;

/// <summary>A way to an authorization server, open for one command; faults of the way end the command as unreachable.</summary>
internal sealed class IssuerConnection : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _issuer;

    public IssuerConnection(string issuer, X509Certificate2Collection? roots)
    {
        _issuer = issuer;
        _http = new HttpClient(BrokerHttp.Handler(AuthorizationServer.Address(issuer, "the issuer"), roots), disposeHandler: true)
        {
            Timeout = AuthorizationServer.Patience, MaxResponseContentBufferSize = AuthorizationServer.LargestAnswer,
        };
        Server = new AuthorizationServer(_http);
    }

    public AuthorizationServer Server { get; }

    public async Task<T> ReachAsync<T>(Func<Task<T>> step, CancellationToken cancel)
    {
        try
        {
            return await step();
        }
        catch (Exception fault) when (IsUnreachable(fault, cancel))
        {
            throw new CommandException(ExitCodes.Unreachable, $"the issuer {_issuer} cannot be reached: {fault.Message}", fault);
        }
    }

    public static bool IsUnreachable(Exception fault, CancellationToken cancel) => fault is HttpRequestException || (fault is OperationCanceledException && !cancel.IsCancellationRequested);

    public void Dispose() => _http.Dispose();
}
