import "./plain";
