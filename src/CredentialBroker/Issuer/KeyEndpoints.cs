using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Keys;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuer;

/// <summary>Looking at the broker's keys, and having them followed by new ones. Never shows more than names and times.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/keys", ListAsync);
        routes.MapPost("/v1/keys/rotate", RotateAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext http, KeyStore keys, TimeProvider clock)
    {
        var now = clock.NowMs();
        var rows = await keys.ReadAsync(http.RequestAborted);
        return Results.Json(new KeyList([.. rows.Select(row => View(row, rows, now))]), ProtocolJson.Default.KeyList);
    }

    private static async Task<IResult> RotateAsync(HttpContext http, KeyRotation rotation, TimeProvider clock, string? purpose, bool? atOnce)
    {
        if (KeyPurpose.Find(purpose) is not { } found)
            return Problems.Of(ReasonCodes.Invalid, $"purpose: one of {string.Join(", ", KeyPurpose.All.Select(one => one.Word))}");
        var newest = await rotation.RotateAsync(found, atOnce ?? false, http.Operator().Name, http.RequestAborted);
        return Results.Json(View(newest, [newest], clock.NowMs()), ProtocolJson.Default.KeyView);
    }

    private static KeyView View(KeyRow key, IEnumerable<KeyRow> all, long now)
    {
        var state = key.IsErased || key.IsRetired(now) ? "retired"
            : key.SignsFrom > now ? "published"
            : KeyRow.SignerOf(all.Where(row => row.Purpose == key.Purpose), now) == key ? "signing"
            : "retiring";
        return new KeyView(key.Kid, key.Purpose, state, Time(key.MadeAt), Time(key.SignsFrom), key.RetiresAt is { } at ? Time(at) : null);
    }

    private static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
