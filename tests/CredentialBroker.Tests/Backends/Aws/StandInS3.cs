using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Aws;

/// <summary>Two harmless requests of S3.</summary>
internal static class StandInS3
{
    public static string Get(StandInAccount account, StandInCaller caller, HttpRequest request)
    {
        var bucket = request.Path.Value!.Trim('/');
        var (action, resource) = (bucket, request.Query.Count) switch
        {
            ("", 0) => ("s3:ListAllMyBuckets", "*"),
            ({ Length: > 0 }, 1) when request.Query.ContainsKey("location") => ("s3:GetBucketLocation", $"arn:aws:s3:::{bucket}"),
            _ => throw StandInRefusal.Undocumented(request.Path),
        };
        if (!account.Allows(caller, action, resource)) throw new StandInRefusal(403, "AccessDenied");
        return action == "s3:ListAllMyBuckets"
            ? "<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Buckets/></ListAllMyBucketsResult>"
            : $"<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{StandInAccount.Region}</LocationConstraint>";
    }
}
