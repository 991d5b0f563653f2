using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.Identity.Spiffe;

namespace CredentialBroker.Sidecar.Identity;

/// <summary>How the workload proves who it is: one kind.</summary>
internal sealed class IdentityOptions
{
    /// <summary>Where a pod specification usually projects the broker's token to.</summary>
    private const string Projected = "/var/run/secrets/credbroker/token";

    /// <summary>`kubernetes` (a projected token file), `token-file`, `token-variable`, `github` (a job's token), `docker` (asks the host's node), `spiffe-jwt` or `spiffe-x509`.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Of `kubernetes` and `token-file`: the file, read at every call. Else `CREDBROKER_TOKEN_FILE`; `kubernetes` also knows /var/run/secrets/credbroker/token.</summary>
    public string? TokenFile { get; set; }

    /// <summary>Of `token-variable`: the environment variable that holds the token, such as GitLab's `id_tokens`.</summary>
    public string? Variable { get; set; }

    /// <summary>Of `github` and `spiffe-jwt`: whom the token is for, as the broker's trust source demands.</summary>
    public string? Audience { get; set; }

    /// <summary>Of the SPIFFE kinds: the Workload API, such as unix:///run/spire/agent.sock. Else `SPIFFE_ENDPOINT_SOCKET`. Of `docker`: the node's, such as /run/credbroker/evidence.sock.</summary>
    public string? Socket { get; set; }

    /// <summary>Of the SPIFFE kinds: which of several identities; absent takes the first.</summary>
    public string? SpiffeId { get; set; }

    public void FillFrom(Surroundings around)
    {
        TokenFile ??= around.Variable("CREDBROKER_TOKEN_FILE");
        if (Kind != "docker") Socket ??= around.Variable("SPIFFE_ENDPOINT_SOCKET");
        if (Kind.Length > 0) return;
        Kind = this switch
        {
            { TokenFile: not null } => "token-file",
            { Variable: not null } => "token-variable",
            _ when around.Variable("ACTIONS_ID_TOKEN_REQUEST_URL") is not null => "github",
            _ when System.IO.File.Exists(Projected) => "kubernetes",
            _ => "",
        };
    }

    public void Validate(Mistakes mistakes)
    {
        switch (Kind)
        {
            case "kubernetes" or "token-file":
                mistakes.DemandPath(File, nameof(TokenFile));
                break;
            case "token-variable":
                mistakes.DemandName(Variable, nameof(Variable));
                break;
            case "docker":
                mistakes.DemandPath(Socket, nameof(Socket));
                break;
            case "github":
                mistakes.DemandName(Audience, nameof(Audience));
                break;
            case "spiffe-jwt" or "spiffe-x509":
                mistakes.Demand(WorkloadApi.PathOf(Socket) is not null, nameof(Socket), "say the Workload API's socket, such as unix:///run/spire/agent.sock");
                if (Kind == "spiffe-jwt") mistakes.DemandName(Audience, nameof(Audience));
                break;
            default:
                mistakes.Add(nameof(Kind), "say how the workload proves itself: kubernetes, token-file, token-variable, github, docker, spiffe-jwt or spiffe-x509");
                break;
        }
    }

    public IIdentity Make(Surroundings around) => Kind switch
    {
        "kubernetes" or "token-file" => new TokenFile(File!),
        "token-variable" => new TokenVariable(Variable!, around),
        "github" => new GitHubJob(Audience!, around),
        "docker" => new ContainerHost(Socket!),
        "spiffe-jwt" => new JwtSvid(new WorkloadApi(WorkloadApi.PathOf(Socket)!), Audience!, SpiffeId),
        "spiffe-x509" => new X509Svid(new WorkloadApi(WorkloadApi.PathOf(Socket)!), SpiffeId),
        _ => throw new InvalidOperationException($"'{Kind}' passed validation"),
    };

    private string? File => TokenFile ?? (Kind == "kubernetes" ? Projected : null);
}
