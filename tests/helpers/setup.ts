// An Output in a template string throws, where it would otherwise put Pulumi's error sentence into a file.
process.env.PULUMI_ERROR_OUTPUT_STRING = "true";
