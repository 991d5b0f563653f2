using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Operators;

namespace CredentialBroker.Hosting;

/// <summary>Tells an operator who they are to the broker.</summary>
internal static class WhoAmIEndpoints
{
    public static void MapWhoAmI(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/whoami", (HttpContext http) =>
    {
        var caller = http.Operator();
        return Results.Json(
            new WhoAmI(caller.Label, caller.Issuer, caller.Subject, [.. caller.Roles.Select(held => new RoleView(held.Role.ToString().ToLowerInvariant(), held.Selector?.ToString()))], caller.Person),
            ProtocolJson.Default.WhoAmI);
    });
}
