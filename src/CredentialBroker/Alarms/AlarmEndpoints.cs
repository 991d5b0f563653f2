using CredentialBroker.Approvals.Intake;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Alarms;

namespace CredentialBroker.Alarms;

/// <summary>Where somebody outside tells what they saw.</summary>
internal static class AlarmEndpoints
{
    public static void MapAlarms(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/alarms/{source}", TakeAsync);
        routes.MapGet("/v1/alarms", async (AlarmStore alarms, HttpContext http) =>
            Results.Json(new AlarmList(await alarms.ListAsync(http.RequestAborted)), ProtocolJson.Default.AlarmList));
    }

    private static async Task<IResult> TakeAsync(string source, HttpContext http, AlarmIntake intake)
    {
        // Whatever it is, it is not read for a source that is not there.
        if (!intake.Knows(source)) return Problems.Of(ReasonCodes.SourceUnknown, "no source of this name");
        var body = await Bodies.ReadAsync(http.Request, AlarmIntake.BodyBytes, http.RequestAborted);
        var refused = await intake.TakeAsync(source, new Delivery(http.Request.ContentType, http.Request.Headers, body, http.Connection.ClientCertificate), http.RequestAborted);
        if (refused is null) return Results.StatusCode(StatusCodes.Status202Accepted);
        if (refused.Err is null) return Problems.Of(refused.Code, refused.Detail);
        // RFC 8935 section 2.3: the language of the description is said.
        http.Response.Headers.ContentLanguage = "en";
        return Results.Json(new SetRefusal(refused.Err, refused.Detail), ProtocolJson.Default.SetRefusal, statusCode: StatusCodes.Status400BadRequest);
    }
}
