using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>One request to the stand-in, as Vault would see it.</summary>
/// <param name="Operation">What is asked of the path: the capability that a policy must give.</param>
/// <param name="Body">Null but for an update.</param>
/// <param name="Certificate">What the client showed in its handshake.</param>
internal sealed record StandInRequest(string Path, string Operation, string Namespace, string Token, JsonObject? Body, X509Certificate2? Certificate)
{
    public const string Read = "read";
    public const string Update = "update";
    public const string List = "list";
    public const string Delete = "delete";
}
