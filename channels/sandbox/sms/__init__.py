"""An SMS platform shaped like Aliyun's."""
